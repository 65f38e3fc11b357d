package standin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// File is a file of the workspace, uploaded by the bot.
type File struct {
	ID, Name, Alt, Title string
	Bytes                []byte
	length               int
	complete             bool // it can be shown
}

// fileAlt is the most that files.getUploadURLExternal takes of alt_txt.
const fileAlt = 1000

func fileMethods() map[string]method {
	return map[string]method{
		"files.getUploadURLExternal":   {scope: "files:write", do: uploadURL},
		"files.completeUploadExternal": {scope: "files:write", do: completeUpload},
	}
}

// Files are the files whose upload is complete, in the order of their beginning.
func (s *Slack) Files() []File {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	var all []File
	for _, f := range s.files {
		if f.complete {
			all = append(all, *f)
		}
	}
	return all
}

// DeleteFiles deletes every file, as an admin of the workspace does.
func (s *Slack) DeleteFiles() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for _, f := range s.files {
		f.complete = false
	}
}

func (s *Slack) file(id string) *File {
	for _, f := range s.files {
		if f.ID == id {
			return f
		}
	}
	return nil
}

// uploadURL begins an upload: https://docs.slack.dev/reference/methods/files.getUploadURLExternal
func uploadURL(s *Slack, a args) (answerFields, *apiError) {
	length, err := strconv.Atoi(a.str("length"))
	name, alt := a.str("filename"), a.str("alt_txt")
	if err != nil || length <= 0 || name == "" || units(alt) > fileAlt {
		s.Violate(true, "files.getUploadURLExternal: filename %q, length %q, %d characters of alt_txt", name, a.str("length"), units(alt))
		return nil, refuse("invalid_arguments")
	}
	if alt == "" {
		s.Violate(true, "files.getUploadURLExternal: a picture without alt_txt")
	}
	f := &File{ID: fmt.Sprintf("F%09d", len(s.files)+1), Name: name, Alt: alt, length: length}
	s.files = append(s.files, f)
	return answerFields{"upload_url": s.web.URL + "/api/upload/" + f.ID, "file_id": f.ID}, nil
}

// serveUpload takes the bytes of a file.
func (s *Slack) serveUpload(w http.ResponseWriter, r *http.Request) {
	content, err := uploaded(r)
	if !s.pause(r.Context(), "upload") {
		return
	}
	s.Mu.Lock()
	defer s.Mu.Unlock()
	f := s.file(strings.TrimPrefix(r.URL.Path, "/api/upload/"))
	if failed := s.demanded("upload", method{}); failed != nil {
		http.Error(w, failed.code, http.StatusInternalServerError)
		return
	}
	switch {
	case f == nil || err != nil:
		s.Violate(true, "an upload to %s that cannot be read: %v", r.URL.Path, err)
	case len(content) != f.length:
		s.Violate(true, "%s: %d bytes were uploaded, %d announced", f.ID, len(content), f.length)
	case !bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
		s.Violate(true, "%s is no PNG", f.ID)
	default:
		f.Bytes = content
		s.Change()
		_, _ = io.WriteString(w, "OK - "+strconv.Itoa(f.length)) // who uploads has gone, if this fails
		return
	}
	http.Error(w, "bad upload", http.StatusBadRequest)
}

// uploaded is the file in a request: a part of a form, or all of the body.
func uploaded(r *http.Request) ([]byte, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return io.ReadAll(r.Body)
	}
	reader, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	part, err := reader.NextPart()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(part)
}

// completeUpload ends uploads. The bot's are shared to no channel:
// https://docs.slack.dev/reference/methods/files.completeUploadExternal
func completeUpload(s *Slack, a args) (answerFields, *apiError) {
	var given []struct{ ID, Title string }
	if err := json.Unmarshal([]byte(a.str("files")), &given); err != nil || len(given) == 0 {
		s.Violate(true, "files.completeUploadExternal: files %q", a.str("files"))
		return nil, refuse("invalid_arguments")
	}
	if a.has("channel_id") || a.has("channels") {
		s.Violate(true, "files.completeUploadExternal: a picture was posted on its own")
	}
	var out []any
	for _, g := range given {
		f := s.file(g.ID)
		if f == nil || f.Bytes == nil {
			return nil, refuse("file_not_found")
		}
		f.complete, f.Title = true, g.Title
		out = append(out, map[string]any{"id": f.ID, "title": f.Title})
	}
	return answerFields{"files": out}, nil
}

var fileID = regexp.MustCompile(`^F[A-Z0-9]{8,}$`)

// missingFile is what Slack says to a message with a picture that is not there; Mu is
// held.
func (s *Slack) missingFile(doc []byte) *apiError {
	var m struct {
		Blocks []struct {
			Type string `json:"type"`
			File struct {
				ID string `json:"id"`
			} `json:"slack_file"`
		} `json:"blocks"`
	}
	if json.Unmarshal(doc, &m) != nil {
		return nil
	}
	for i, b := range m.Blocks {
		if b.Type != "image" || b.File.ID == "" {
			continue
		}
		if f := s.file(b.File.ID); !fileID.MatchString(b.File.ID) || f == nil || !f.complete {
			told := fmt.Sprintf("invalid slack file [json-pointer:/blocks/%d/slack_file]", i)
			return &apiError{"invalid_blocks", map[string]any{"errors": []string{told}}}
		}
	}
	return nil
}
