package detect

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// mostRecords is how much of a file is read: what it is shows at its beginning.
const mostRecords = 1000

// ErrNoText is what a file is that is no text: a workbook, a picture.
var ErrNoText = errors.New("not a text file: save the sheet as CSV")

// mostInCell is how much a cell may hold, in bytes: sheets hold 50,000 characters.
const mostInCell = 1 << 20

// ErrLongCell is what a file is with a cell that no sheet could hold, as a rule because a
// quotation mark is not closed.
var ErrLongCell = errors.New("a cell is longer than 1 MB: is a quotation mark not closed?")

// ReadCSV reads the rows of a CSV file as spreadsheets write them, in UTF-8, UTF-16,
// UTF-32 with its mark, Windows-1254 or Windows-1251, its values parted by commas, semicolons, tabs or bars.
// All values are strings.
func ReadCSV(data []byte) ([][]any, error) {
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	if text = lines(text); longCell(text) {
		return nil, ErrLongCell
	}
	separator, text := separatorOf(text)
	records, err := parse(text, separator, mostRecords)
	if err != nil {
		return nil, fmt.Errorf("read CSV: %w", err)
	}

	var rows [][]any
	for _, record := range records {
		row := make([]any, len(record))
		for i, v := range record {
			row[i] = strings.TrimSpace(v)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// lines has lines end as everywhere: old spreadsheets end them with CR alone.
func lines(text string) string {
	if strings.Contains(text, "\r") && !strings.Contains(text, "\n") {
		return strings.ReplaceAll(text, "\r", "\n")
	}
	return text
}

// longCell reports whether a text, in the part of it that is read, has a cell of more than
// mostInCell. Whatever parts cells, one holds no more than what stands between two line ends
// outside quotation marks, or inside one pair of them.
func longCell(text string) bool {
	start, quoted, ends := 0, false, 0

	for i := 0; i < len(text) && ends < mostRecords; i++ {
		c := text[i]
		switch last := i+1 == len(text) || parts(text[i+1]); {
		case c == '"' && !quoted && i == start:
			quoted = true
		case c == '"' && quoted && last:
			quoted = false
		case !quoted && parts(c):
			start = i + 1
			if c == '\n' {
				ends++
			}
		}
		if i-start > mostInCell {
			return true
		}
	}
	return false
}

// parts reports whether a byte may part cells.
func parts(c byte) bool {
	return c == ',' || c == ';' || c == '\t' || c == '|' || c == '\n' || c == '\r'
}

func decodeUTF32(data []byte, order binary.ByteOrder) string {
	var b strings.Builder

	for ; len(data) >= 4; data = data[4:] {
		r := rune(utf8.RuneError)
		if n := order.Uint32(data); n <= utf8.MaxRune {
			r = rune(n)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// decode makes UTF-8 of a text in whatever encoding.
func decode(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(data[3:]), "\ufffd"), nil
	case bytes.HasPrefix(data, []byte("\xff\xfe\x00\x00")):
		return decodeUTF32(data[4:], binary.LittleEndian), nil
	case bytes.HasPrefix(data, []byte("\x00\x00\xfe\xff")):
		return decodeUTF32(data[4:], binary.BigEndian), nil
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return decodeUTF16(data[2:], binary.LittleEndian), nil
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decodeUTF16(data[2:], binary.BigEndian), nil
	}

	// Without a mark, UTF-16 shows itself by the zeros of its commas and digits.
	if even, odd := zeros(data); even+odd > 0 {
		switch most := len(data) / 8; {
		case odd > most && even < odd/4:
			return decodeUTF16(data, binary.LittleEndian), nil
		case even > most && odd < even/4:
			return decodeUTF16(data, binary.BigEndian), nil
		}
		return "", ErrNoText
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")) {
		return "", ErrNoText
	}

	page := charmap.Windows1254
	if russian(data) {
		page = charmap.Windows1251
	}
	text, err := page.NewDecoder().Bytes(data)
	return string(text), err
}

func decodeUTF16(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}

// zeros counts the zero bytes at even and at odd places.
func zeros(data []byte) (even, odd int) {
	for i, b := range data {
		switch {
		case b != 0:
		case i%2 == 0:
			even++
		default:
			odd++
		}
	}
	return even, odd
}

// russian reports whether a text of one byte a letter is in Windows-1251: its letters above
// ASCII stand in whole words, those of Turkish between others.
func russian(data []byte) bool {
	high, together := 0, 0
	for i, b := range data {
		if b < 0xc0 {
			continue
		}
		high++
		if i > 0 && data[i-1] >= 0xc0 || i+1 < len(data) && data[i+1] >= 0xc0 {
			together++
		}
	}
	return together*2 > high
}

// separatorOf finds what parts the values of a CSV text: what Excel says in a first line
// "sep=;", or what makes rows of one length, and long ones.
func separatorOf(text string) (rune, string) {
	const looked = 30 // records

	if rest, ok := strings.CutPrefix(text, "sep="); ok && len(rest) > 1 {
		if line, body, _ := strings.Cut(rest, "\n"); utf8.RuneCountInString(strings.TrimRight(line, "\r")) == 1 {
			separator, _ := utf8.DecodeRuneInString(line)
			if separator != utf8.RuneError && separator != '"' {
				return separator, body
			}
		}
	}

	best, most := ',', 0
	for _, separator := range []rune{',', ';', '\t', '|'} {
		records, _ := parse(text, separator, looked)
		lengths := map[int]int{}
		score := 0
		for _, record := range records {
			lengths[len(record)]++
			if n := lengths[len(record)] * (len(record) - 1); n > score {
				score = n
			}
		}
		if score > most {
			best, most = separator, score
		}
	}
	return best, text
}

// parse reads the first records of a CSV text. Lines without anything are records too: in
// the sheet they are rows.
func parse(text string, separator rune, most int) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = separator, -1, true

	var records [][]string
	read, lines := int64(0), 0 // of the text, and of its lines
	for len(records) < most {
		record, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return records, nil
		case err != nil:
			return records, err
		}

		line, _ := r.FieldPos(0)
		for range min(line-1-lines, most-len(records)) {
			records = append(records, nil)
		}
		records = append(records, record)

		end := r.InputOffset()
		lines += strings.Count(text[read:end], "\n")
		read = end
	}
	return records, nil
}
