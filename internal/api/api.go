// Package api is sheet24's JSON API: the webhook that scripts in sheets post to,
// and what belongs to it. Its OpenAPI description is made from this code and
// served at /api/v1/openapi.json.
package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"sheet24"
	"sheet24/internal/answer"
	"sheet24/internal/locale"
	"sheet24/internal/sync/receive"
)

// Receiver takes notifications; receive.Receiver does.
type Receiver interface {
	Receive(ctx context.Context, sig receive.Signature, body []byte) (sheet24.Next, error)
}

// Waker wakes stages; jobs.Runner does.
type Waker interface {
	Wake(ctx context.Context, stages ...sheet24.WakeUp)
}

// Store is what the API needs of the database.
type Store interface {
	Activate(ctx context.Context, token string) (*sheet24.Table, error)
	Writable(ctx context.Context) error
}

// Scripts changes what a script in a sheet may do; setup.Setup does.
type Scripts interface {
	Widen(ctx context.Context, token string) (again string, err error)
}

// Watch takes the messages of Google Drive; watch.Watch does.
type Watch interface {
	Notify(ctx context.Context, channelID, token, state string) error
}

// API serves /api/v1/, /healthz and /readyz. All fields are required but Stalled, Stopping
// and Wake.
type API struct {
	Receiver  Receiver
	Wake      Waker // nil: what was received is found by whoever sweeps
	Store     Store
	Scripts   Scripts
	Watch     Watch
	Stalled   func() []string // stages with work that nobody takes up; nil: not known here
	Stopping  func() bool     // reports that the process ends; nil: it does not
	PublicURL string
	Version   string
	Log       *slog.Logger

	writes writable
}

// problem is how every error is answered.
type problem struct {
	status  int
	Code    sheet24.Code `json:"code" doc:"Stable name of the error" example:"webhook_signature"`
	Message string       `json:"message" doc:"What happened and what to do, in the language of Accept-Language"`
}

func (p *problem) Error() string  { return string(p.Code) + ": " + p.Message }
func (p *problem) GetStatus() int { return p.status }

func (a *API) fail(ctx context.Context, lang string, err error) error {
	e := sheet24.AsError(err)
	gone := ctx.Err() != nil // nobody waits for the answer: that is no error of ours
	if (e.Kind == sheet24.Internal || e.Kind == sheet24.Unavailable) && !gone {
		a.Log.ErrorContext(ctx, "api", "error", err)
	}

	p := &problem{status: answer.Status(e.Kind), Code: e.Code, Message: locale.Error(lang, e)}
	if wait := answer.RetryAfter(e); wait != "" {
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {wait}})
	}

	return p
}

func init() {
	// What huma itself refuses is answered in the same shape.
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		for _, err := range errs {
			if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
				message = d.Message // without the body that it would print
			}
		}

		e := sheet24.Errorf(sheet24.Invalid, sheet24.CodeRequest, message)
		if status == http.StatusRequestEntityTooLarge {
			e = sheet24.Errorf(sheet24.TooLarge, sheet24.CodeWebhookTooLarge)
		}

		return &problem{status: status, Code: e.Code, Message: locale.Error(locale.Default, e)}
	}
}

// Register adds the API to a mux.
func (a *API) Register(mux *http.ServeMux) {
	config := huma.DefaultConfig("sheet24", a.Version)
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/api/v1/openapi", "", ""
	config.CreateHooks = nil // no $schema links in the answers
	config.Servers = []*huma.Server{{URL: a.PublicURL}}
	api := humago.New(mux, config)

	mux.HandleFunc("GET /healthz", a.healthz)
	mux.HandleFunc("GET /readyz", a.readyz)

	webhook := huma.Operation{
		OperationID: "webhook", Method: http.MethodPost, Path: "/api/v1/sheet-sync/webhook",
		Summary: "Say that rows of a sheet were edited",
		Description: "The message only says where to look; sheet24 reads the rows itself. It is signed after standardwebhooks.com: " +
			"webhook-signature is \"v1,\" and the base64 of the HMAC-SHA256 of \"{webhook-id}.{webhook-timestamp}.{body}\" under the table's key. " +
			"webhook-timestamp, in Unix seconds, may be 5 minutes off; a webhook-id is accepted once. 202 means that the message is stored durably.",
		DefaultStatus: http.StatusAccepted, Errors: []int{400, 401, 404, 409, 413, 429, 503},
		MaxBodyBytes: receive.MaxBody + 1,
		// The signature covers the body's bytes, so receive reads them itself.
		SkipValidateBody: true,
		Middlewares:      huma.Middlewares{a.signed},
	}

	huma.Register(api, webhook, a.webhook)
	alias := webhook
	alias.OperationID, alias.Path, alias.Summary = "webhook-alias", "/api/v1/sync/webhook", "The same, at a shorter path"
	huma.Register(api, alias, a.webhook)
	for _, path := range []string{webhook.Path, alias.Path} {
		body := api.OpenAPI().Paths[path].Post.RequestBody
		body.Required = false // a missing one is answered as any other that is not JSON
		body.Content["application/json"].Schema = api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[notification](), true, "Notification")
	}

	huma.Register(api, huma.Operation{
		OperationID: "activate", Method: http.MethodPost, Path: "/api/v1/sheet-sync/activate",
		Summary: "Trade a one-time token for a table's signing key", Errors: []int{400, 401, 404, 503}, MaxBodyBytes: 4 << 10,
	}, a.activate)
	huma.Register(api, huma.Operation{
		OperationID: "drive", Method: http.MethodPost, Path: DrivePath, DefaultStatus: http.StatusNoContent,
		Summary: "Hear from Google Drive that something changed", Errors: []int{401, 404, 503},
	}, a.drive)
	huma.Register(api, huma.Operation{
		OperationID: "health", Method: http.MethodGet, Path: "/api/v1/health", Summary: "Whether the service works", Errors: []int{503},
	}, a.health)
}

// notification describes the webhook's body; package receive reads it.
type notification struct {
	SheetID   string                       `json:"sheet_id" doc:"The spreadsheet's id"`
	GID       int64                        `json:"gid" doc:"The tab's id"`
	Event     string                       `json:"event" enum:"row_edited,structure_changed,ping"`
	RowID     int64                        `json:"row_id,omitempty" minimum:"1" doc:"First edited row, from 1; with row_edited"`
	LastRowID int64                        `json:"last_row_id,omitempty" doc:"Last edited row; row_id if it is missing"`
	Changes   map[string]map[string]string `json:"changes,omitempty" doc:"Neither believed nor kept: {\"Email\": {\"old\", \"new\"}}"`
}

type webhookInput struct {
	ID        string `header:"webhook-id" doc:"Unique id of the message"`
	Timestamp string `header:"webhook-timestamp" doc:"Unix seconds"`
	Signature string `header:"webhook-signature" doc:"v1,BASE64"`
	Language  string `header:"Accept-Language"`
	RawBody   []byte `contentType:"application/json"`
}

// signed lets only requests pass whose headers may be a signature's and whose body is not
// too large, before the body is read: strangers' bodies cost nothing.
func (a *API) signed(ctx huma.Context, next func(huma.Context)) {
	sig := receive.Signature{ID: ctx.Header("webhook-id"), Timestamp: ctx.Header("webhook-timestamp"), Value: ctx.Header("webhook-signature")}
	err := sig.Check(time.Now())
	if n, _ := strconv.ParseInt(ctx.Header("Content-Length"), 10, 64); err == nil && n > receive.MaxBody {
		err = sheet24.Errorf(sheet24.TooLarge, sheet24.CodeWebhookTooLarge)
	}

	if err == nil {
		next(ctx)
		return
	}

	e := sheet24.AsError(err)
	_, w := humago.Unwrap(ctx)
	answer.Unread(w)
	ctx.SetHeader("Content-Type", "application/problem+json")
	ctx.SetStatus(answer.Status(e.Kind))
	json.NewEncoder(ctx.BodyWriter()).Encode(problem{Code: e.Code, Message: locale.Error(locale.Match(ctx.Header("Accept-Language")), e)})
}

type webhookOutput struct {
	Body struct {
		Status string `json:"status" example:"accepted"`
	}
}

func (a *API) webhook(ctx context.Context, in *webhookInput) (*webhookOutput, error) {
	sig := receive.Signature{ID: in.ID, Timestamp: in.Timestamp, Value: in.Signature}
	next, err := a.Receiver.Receive(ctx, sig, in.RawBody)
	if a.Wake != nil {
		a.Wake.Wake(ctx, next.Wake...)
	}
	if err != nil {
		return nil, a.fail(ctx, locale.Match(in.Language), err)
	}

	out := &webhookOutput{}
	out.Body.Status = "accepted"
	return out, nil
}

type activateInput struct {
	Language string `header:"Accept-Language"`
	Body     struct {
		Token   string `json:"token" minLength:"1"`
		Version string `json:"version,omitempty" doc:"Of the script that asks"`
		Needs   string `json:"needs,omitempty" enum:"spreadsheets" doc:"The scope without which the script could not install its triggers"`
	}
}

type activateOutput struct {
	Body struct {
		GID        int64  `json:"gid"`
		Key        string `json:"key,omitempty" doc:"Signs this table's messages and nothing else; base64"`
		WebhookURL string `json:"webhook_url,omitempty"`
		TableURL   string `json:"table_url,omitempty" doc:"The table's page"`
		AgainURL   string `json:"again_url,omitempty" doc:"Instead of all that, with needs: where the user allows more"`
	}
}

func (a *API) activate(ctx context.Context, in *activateInput) (*activateOutput, error) {
	out := &activateOutput{}
	if in.Body.Needs != "" {
		again, err := a.Scripts.Widen(ctx, in.Body.Token)
		if err != nil {
			return nil, a.fail(ctx, locale.Match(in.Language), err)
		}
		out.Body.AgainURL = again
		return out, nil
	}

	t, err := a.Store.Activate(ctx, in.Body.Token)
	if err != nil {
		return nil, a.fail(ctx, locale.Match(in.Language), err)
	}

	out.Body.GID, out.Body.WebhookURL = t.GID, t.WebhookURL
	out.Body.Key = base64.StdEncoding.EncodeToString(t.Key)
	out.Body.TableURL = a.PublicURL + t.Path()

	return out, nil
}

// DrivePath is where Google Drive posts its messages.
const DrivePath = "/api/v1/sheet-sync/drive"

type driveInput struct {
	Channel  string `header:"X-Goog-Channel-ID" required:"true"`
	Token    string `header:"X-Goog-Channel-Token"`
	State    string `header:"X-Goog-Resource-State" doc:"sync, or change"`
	Language string `header:"Accept-Language"`
}

func (a *API) drive(ctx context.Context, in *driveInput) (*struct{}, error) {
	if err := a.Watch.Notify(ctx, in.Channel, in.Token, in.State); err != nil {
		return nil, a.fail(ctx, locale.Match(in.Language), err)
	}
	return nil, nil
}

type healthOutput struct {
	Body struct {
		Status  string `json:"status" example:"ok"`
		Version string `json:"version"`
	}
}

// health says that the installation works.
func (a *API) health(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	if err := a.well(ctx); err != nil {
		return nil, a.fail(ctx, locale.Default, err)
	}

	out := &healthOutput{}
	out.Body.Status, out.Body.Version = "ok", a.Version
	return out, nil
}
