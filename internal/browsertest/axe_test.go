package browsertest_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// axe returns the source of axe-core, which scripts/get-axe.sh puts there.
var axe = sync.OnceValues(func() (string, error) { //nolint:gochecknoglobals // read once
	source, err := os.ReadFile("../../bin/axe.min.js")
	if err != nil {
		return "", fmt.Errorf("read axe-core: %w", err)
	}
	return string(source), nil
})

// barriers returns what axe-core finds serious or critical in what is shown now. It runs
// in a world of its own, as extensions do, where the page's policy does not hold it up.
func (tb *tab) barriers() []string {
	tb.t.Helper()
	source, err := axe()
	if os.IsNotExist(err) || (err != nil && strings.Contains(err.Error(), "no such file")) {
		require.NotEqual(tb.t, "true", os.Getenv("CI"), "bin/axe.min.js is missing: run scripts/get-axe.sh")
		tb.t.Log("NOT CHECKED FOR ACCESSIBILITY: bin/axe.min.js is missing (scripts/get-axe.sh gets it)")
		return nil
	}
	require.NoError(tb.t, err)
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	found, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) ([]byte, error) {
		tree, err := cdp.Call(ctx, target, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return nil, err //nolint:wrapcheck // told below
		}
		world, err := cdp.Call(ctx, target, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.Frame.ID, WorldName: "axe"})
		if err != nil {
			return nil, err //nolint:wrapcheck // told below
		}
		yes := true
		answer, err := cdp.Call(ctx, target, runtime.Evaluate, runtime.EvaluateParams{
			ContextID: world.ExecutionContextID, AwaitPromise: &yes, ReturnByValue: &yes,
			Expression: source + `;axe.run(document, { resultTypes: ['violations'] }).then(({ violations, passes }) => [
				passes.length > 5 ? '' : 'axe-core looked at next to nothing',
				...violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).flatMap(({ id, help, nodes }) =>
					nodes.map((node) => id + ': ' + help + ': ' + node.html.slice(0, 200) + ' ' + (node.any[0]?.message ?? ''))),
			].filter(Boolean).join('\n'))`,
		})
		if err != nil {
			return nil, err //nolint:wrapcheck // told below
		}
		if answer.ExceptionDetails != nil {
			return nil, fmt.Errorf("axe-core: %s", answer.ExceptionDetails.Exception.Description)
		}
		return answer.Result.Value, nil
	})
	require.NoError(tb.t, err)
	text := strings.Trim(strings.ReplaceAll(string(found), `\n`, "\n"), `"`)
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
