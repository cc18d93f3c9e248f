package sheet24

// Code names what went wrong. It is stable: machines compare it. Every code has a
// sentence in each of the locale files.
type Code string

// Key is the key of a code's sentence in the locale files.
func (c Code) Key() string { return "error." + string(c) }

// Codes of who asks, and with what.
const (
	CodeDatabaseBusy    Code = "database_busy"
	CodeFilterStatus    Code = "filter_status"
	CodeFormKind        Code = "form_kind"
	CodeFormTooLarge    Code = "form_too_large"
	CodeFormUnreadable  Code = "form_unreadable"
	CodeInternal        Code = "internal"
	CodeLanguage        Code = "language"
	CodeNotAdmitted     Code = "not_admitted"
	CodeNotFirst        Code = "not_first"
	CodeMethod          Code = "method"
	CodeNotFound        Code = "not_found"
	CodeRequest         Code = "request"
	CodeSignIn          Code = "sign_in"
	CodeSpan            Code = "span"
	CodeStopping        Code = "stopping"
	CodeTooManyAttempts Code = "too_many_attempts"
	CodeUserUnknown     Code = "user_unknown"
	CodeWorkStalled     Code = "work_stalled"
)

// Codes of the notifications that sheets send.
const (
	CodeWebhookBusy      Code = "webhook_busy"
	CodeWebhookEvent     Code = "webhook_event"
	CodeWebhookJSON      Code = "webhook_json"
	CodeWebhookReplayed  Code = "webhook_replayed"
	CodeWebhookRow       Code = "webhook_row"
	CodeWebhookSignature Code = "webhook_signature"
	CodeWebhookTable     Code = "webhook_table"
	CodeWebhookTimestamp Code = "webhook_timestamp"
	CodeWebhookTooLarge  Code = "webhook_too_large"
	CodeWebhookUnsigned  Code = "webhook_unsigned"
)

// Codes of Google: the account, the grant, the spreadsheet, the script.
const (
	CodeActivationToken       Code = "activation_token"
	CodeDriveChannel          Code = "drive_channel"
	CodeGoogleAdmin           Code = "google_admin"
	CodeGoogleAnswer          Code = "google_answer"
	CodeGoogleAPIDisabled     Code = "google_api_disabled"
	CodeGoogleBusy            Code = "google_busy"
	CodeGoogleDenied          Code = "google_denied"
	CodeGoogleEmailUnverified Code = "google_email_unverified"
	CodeGoogleForbidden       Code = "google_forbidden"
	CodeGoogleLink            Code = "google_link"
	CodeGoogleNotConnected    Code = "google_not_connected"
	CodeGoogleNotFound        Code = "google_not_found"
	CodeGoogleProtected       Code = "google_protected"
	CodeGoogleReconnect       Code = "google_reconnect"
	CodeGoogleRefused         Code = "google_refused"
	CodeGoogleScope           Code = "google_scope"
	CodeGoogleScriptAPIOff    Code = "google_script_api_off"
	CodeGoogleSignIn          Code = "google_sign_in"
	CodeGoogleState           Code = "google_state"
	CodeGoogleTriggers        Code = "google_triggers"
	CodeGoogleUnreachable     Code = "google_unreachable"
)

// Codes of Bitrix24: the portal, and what it says of a request.
const (
	CodeEntityGone           Code = "entity_gone"
	CodeEntityUnknown        Code = "entity_unknown"
	CodePortalAnswer         Code = "portal_answer"
	CodePortalApp            Code = "portal_app"
	CodePortalBlocked        Code = "portal_blocked"
	CodePortalBusy           Code = "portal_busy"
	CodePortalDeleted        Code = "portal_deleted"
	CodePortalDenied         Code = "portal_denied"
	CodePortalInside         Code = "portal_inside"
	CodePortalHost           Code = "portal_host"
	CodePortalHTTPS          Code = "portal_https"
	CodePortalMethod         Code = "portal_method"
	CodePortalMissing        Code = "portal_missing"
	CodePortalMoved          Code = "portal_moved"
	CodePortalName           Code = "portal_name"
	CodePortalNoApp          Code = "portal_no_app"
	CodePortalNotBitrix24    Code = "portal_not_bitrix24"
	CodePortalOperating      Code = "portal_operating"
	CodePortalPayment        Code = "portal_payment"
	CodePortalPlan           Code = "portal_plan"
	CodePortalPlanUnknown    Code = "portal_plan_unknown"
	CodePortalReconnect      Code = "portal_reconnect"
	CodePortalRefused        Code = "portal_refused"
	CodePortalScope          Code = "portal_scope"
	CodePortalSilent         Code = "portal_silent"
	CodePortalSlow           Code = "portal_slow"
	CodePortalState          Code = "portal_state"
	CodePortalTriedOften     Code = "portal_tried_often"
	CodePortalUnanswered     Code = "portal_unanswered"
	CodePortalUnknown        Code = "portal_unknown"
	CodePortalUnreachable    Code = "portal_unreachable"
	CodePortalURL            Code = "portal_url"
	CodePortalUser           Code = "portal_user"
	CodePortalWebhookInvalid Code = "portal_webhook_invalid"
)

// Codes of a table as its owner sets it up.
const (
	CodeColor              Code = "color"
	CodeMappingEmpty       Code = "mapping_empty"
	CodeMappingField       Code = "mapping_field"
	CodeMappingNoID        Code = "mapping_no_id"
	CodeMappingOneOfMany   Code = "mapping_one_of_many"
	CodeMappingTwice       Code = "mapping_twice"
	CodeNameLong           Code = "name_long"
	CodePolicy             Code = "policy"
	CodeSettingsIncomplete Code = "settings_incomplete"
	CodeTabMoves           Code = "tab_moves"
	CodeTabTaken           Code = "tab_taken"
	CodeTabUnknown         Code = "tab_unknown"
	CodeTableDeleting      Code = "table_deleting"
	CodeTableEnded         Code = "table_ended"
	CodeTableExchanged     Code = "table_exchanged"
	CodeTableUnknown       Code = "table_unknown"
	CodeTableWritten       Code = "table_written"
)

// Codes of a tab as it stands: its header and its columns.
const (
	CodeColumnLost         Code = "column_lost"
	CodeColumnsMoved       Code = "columns_moved"
	CodeHeaderEmpty        Code = "header_empty"
	CodeIDColumnOthers     Code = "id_column_others"
	CodeIDColumnShared     Code = "id_column_shared"
	CodeInColumn           Code = "in_column"
	CodeInColumns          Code = "in_columns"
	CodeSecondLook         Code = "second_look"
	CodeSheetRefused       Code = "sheet_refused"
	CodeStatusColumnOthers Code = "status_column_others"
	CodeStatusLost         Code = "status_lost"
)

// Codes of a row: whose it is.
const (
	CodeRowIDInvalid    Code = "row_id_invalid"
	CodeRowIDTwice      Code = "row_id_twice"
	CodeRowInternal     Code = "row_internal"
	CodeRowKeyAmbiguous Code = "row_key_ambiguous"
	CodeRowKeyTaken     Code = "row_key_taken"
	CodeRowKeyTwice     Code = "row_key_twice"
	CodeRowLostID       Code = "row_lost_id"
	CodeRowMovedContent Code = "row_moved_content"
	CodeRowOtherRecord  Code = "row_other_record"
	CodeRowValueDoubt   Code = "row_value_doubt"
	CodeRowWithoutID    Code = "row_without_id"
)

// Codes of a record.
const (
	CodeRecordAccess  Code = "record_access"
	CodeRecordDoubt   Code = "record_doubt"
	CodeRecordMark    Code = "record_mark"
	CodeRecordMissing Code = "record_missing"
	CodeRecordOrigin  Code = "record_origin"
)

// Codes of a value that its field does not take.
const (
	CodeValueAmbiguous     Code = "value_ambiguous"
	CodeValueBoolean       Code = "value_boolean"
	CodeValueBound         Code = "value_bound"
	CodeValueChoice        Code = "value_choice"
	CodeValueChoiceNear    Code = "value_choice_near"
	CodeValueCurrency      Code = "value_currency"
	CodeValueCurrencyOther Code = "value_currency_other"
	CodeValueDate          Code = "value_date"
	CodeValueDateNumber    Code = "value_date_number"
	CodeValueEmail         Code = "value_email"
	CodeValueFile          Code = "value_file"
	CodeValueInteger       Code = "value_integer"
	CodeValueKept          Code = "value_kept"
	CodeValueLink          Code = "value_link"
	CodeValueNumber        Code = "value_number"
	CodeValuePhone         Code = "value_phone"
	CodeValuePhoneMany     Code = "value_phone_many"
	CodeValueRequired      Code = "value_required"
	CodeValueSheetError    Code = "value_sheet_error"
	CodeValueType          Code = "value_type"
	CodeValueURL           Code = "value_url"
	CodeValueUser          Code = "value_user"
	CodeValueUserNear      Code = "value_user_near"
	CodeValueUserScope     Code = "value_user_scope"
)

// Codes of what is done about changes: decisions, undo, comparisons.
const (
	CodeChangeDecided      Code = "change_decided"
	CodeChangeFormer       Code = "change_former"
	CodeChangeNotRetriable Code = "change_not_retriable"
	CodeComparisonRunning  Code = "comparison_running"
	CodeComparisonState    Code = "comparison_state"
	CodeComparisonUnknown  Code = "comparison_unknown"
	CodeUndoFormer         Code = "undo_former"
	CodeUndoNothing        Code = "undo_nothing"
	CodeUndoTooMany        Code = "undo_too_many"
)

// Codes of teams: who belongs to one, and who may do what.
const (
	CodeDeleteUnconfirmed    Code = "delete_unconfirmed"
	CodeInvitationUnknown    Code = "invitation_unknown"
	CodeLastOwner            Code = "last_owner"
	CodeMemberAlready        Code = "member_already"
	CodeMemberElsewhere      Code = "member_elsewhere"
	CodeMemberHasTables      Code = "member_has_tables"
	CodeMemberUnknown        Code = "member_unknown"
	CodePortalsNeeded        Code = "portals_needed"
	CodeRoleOwner            Code = "role_owner"
	CodeRoleUnknown          Code = "role_unknown"
	CodeRoleViewer           Code = "role_viewer"
	CodeSuccessorNoAccess    Code = "successor_no_access"
	CodeSuccessorRole        Code = "successor_role"
	CodeSuccessorUnconnected Code = "successor_unconnected"
	CodeTooMany              Code = "too_many"
)
