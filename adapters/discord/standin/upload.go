package standin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"slices"
	"strconv"
	"strings"
)

// File is a file that is attached to a message.
type File struct {
	Name, Alt, Type string
	Bytes           []byte
}

// fileLimit is what Discord takes of one file where nobody pays for more:
// https://docs.discord.com/developers/reference#uploading-files
const fileLimit = 10 << 20

// readUpload takes a body of several parts apart: the JSON, and the files by the numbers
// in their names. A body of one part is all JSON.
func readUpload(contentType string, body []byte) ([]byte, map[int]File, error) {
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return body, nil, nil //nolint:nilerr // what is no upload is checked as JSON
	}
	files := map[int]File{}
	var payload []byte
	for r := multipart.NewReader(bytes.NewReader(body), parameters["boundary"]); ; {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return payload, files, nil
		}
		if err != nil {
			return nil, nil, err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, nil, err
		}
		if part.FormName() == "payload_json" {
			payload = content
			continue
		}
		number, ok := strings.CutPrefix(part.FormName(), "files[")
		n, err := strconv.Atoi(strings.TrimSuffix(number, "]"))
		if !ok || err != nil || !strings.HasSuffix(number, "]") {
			return nil, nil, fmt.Errorf("a part is called %q", part.FormName())
		}
		files[n] = File{Name: part.FileName(), Type: part.Header.Get("Content-Type"), Bytes: content}
	}
}

// attached is what of a body names files.
type attached struct {
	Attachments *[]struct {
		ID          string `json:"id"`
		Filename    string `json:"filename"`
		Description string `json:"description"`
	} `json:"attachments"`
	Embeds []Embed `json:"embeds"`
}

// checkUpload checks the files of a body against what it says of them: each is named, of
// a type that its beginning shows, with words for who does not see it, and an embed's
// picture is one of them.
func checkUpload(payload []byte, files map[int]File) []string {
	var said attached
	var wrong []string
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if err := json.Unmarshal(payload, &said); err != nil {
		if files == nil {
			return nil // no message: it was checked as what it is
		}
		return []string{"payload_json: " + err.Error()}
	}
	named := map[int]bool{}
	var names []string
	if said.Attachments != nil {
		for i, x := range *said.Attachments {
			n, err := strconv.Atoi(x.ID)
			f, has := files[n]
			if err != nil || !has {
				bad("/attachments/%d: no file has the number %s", i, x.ID)
				continue
			}
			named[n] = true
			names = append(names, x.Filename)
			if x.Filename != f.Name {
				bad("/attachments/%d: %q is sent as %q", i, x.Filename, f.Name)
			}
			if x.Description == "" || units(x.Description) > 1024 {
				bad("/attachments/%d: a description of 1 to 1024 characters is needed, not %d", i, units(x.Description))
			}
		}
	}
	for n, f := range files {
		switch {
		case !named[n]:
			bad("files[%d] is not among the attachments", n)
		case f.Type != "image/png" || !bytes.HasPrefix(f.Bytes, []byte("\x89PNG\r\n\x1a\n")):
			bad("files[%d] is no PNG", n)
		case len(f.Bytes) > fileLimit:
			bad("files[%d] has %d bytes", n, len(f.Bytes))
		}
	}
	for i, e := range said.Embeds {
		if name, is := strings.CutPrefix(e.Image.URL, "attachment://"); is && !slices.Contains(names, name) {
			bad("/embeds/%d: the picture %q is not attached", i, name)
		}
	}
	return wrong
}

// take attaches to a message the files that a body says it has.
func (m *Message) take(payload []byte, files map[int]File) {
	var said attached
	if json.Unmarshal(payload, &said) != nil || said.Attachments == nil {
		return
	}
	m.Files = nil
	for _, x := range *said.Attachments {
		if n, err := strconv.Atoi(x.ID); err == nil {
			f := files[n]
			f.Alt = x.Description
			m.Files = append(m.Files, f)
		}
	}
}
