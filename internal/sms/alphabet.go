package sms

// septets returns how many septets a character takes in the GSM 7-bit default
// alphabet (3GPP TS 23.038, 6.2.1): one of the basic table, two of the extension
// table – the escape before it counts –, and 0 when it is in neither.
//
// There is Ç but no ç, and of the Turkish letters no ğ, ı, İ and ş. U+001B is in
// neither: its place in the table is the escape itself, and no character.
func septets(char rune) int {
	switch char {
	case '\f', '^', '{', '}', '\\', '[', '~', ']', '|', '€':
		return 2
	case '`', 0x7f:
		return 0
	case '\n', '\r', '£', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', 'Ø', 'ø', 'Å', 'å', 'Æ', 'æ', 'ß', 'É', '¤',
		'Δ', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ',
		'¡', 'Ä', 'Ö', 'Ñ', 'Ü', '§', '¿', 'ä', 'ö', 'ñ', 'ü', 'à':
		return 1
	}
	if ' ' <= char && char <= '~' {
		return 1
	}
	return 0
}
