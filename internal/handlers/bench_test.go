package handlers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

// BenchmarkDecode is the strict reading of a POST's body.
func BenchmarkDecode(b *testing.B) {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = benchRequest()
	b.ReportAllocs()
	for b.Loop() {
		c.Request.Body = benchBody()
		_, err := handlers.JSONBody[handlers.AcceptRequest](c)
		require.NoError(b, err)
	}
}

// BenchmarkAccept is a POST of a message from its request to its answer, without
// the store and the network.
func BenchmarkAccept(b *testing.B) {
	options := messagesOptions(&store{accept: func([]models.Message) error { return nil }})
	options.NewID = func() string { return "01890a5d-ac96-774b-bcce-b302099a8057" }
	messages, err := handlers.NewMessages(options)
	require.NoError(b, err)
	log, _ := logged()
	engine := gin.New()
	engine.POST("/messages", handlers.Handle(handlers.NewProblems(log), handlers.AcceptBody, messages.Accept, handlers.Accepted))
	request := benchRequest()
	b.ReportAllocs()
	for b.Loop() {
		request.Body = benchBody()
		answer := httptest.NewRecorder()
		engine.ServeHTTP(answer, request)
		require.Equal(b, http.StatusCreated, answer.Code)
	}
}

func benchRequest() *http.Request {
	request := httptest.NewRequest(http.MethodPost, "/messages", nil) //nolint:noctx // a recorder needs none
	request.Header.Set("Content-Type", "application/json")
	return request
}

func benchBody() io.ReadCloser {
	return io.NopCloser(strings.NewReader(`{"to":"+90 555 123 45 67","content":"Siparişiniz yola çıktı, salı günü öğleden önce sizde olacak."}`))
}
