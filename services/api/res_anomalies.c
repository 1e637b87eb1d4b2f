/*
 * Anomalies: what was odd about a phone, for its tenant to look at and to decide.
 */
#include <string.h>

#include "resource.h"

#define KINDS \
    "other_certificate other_model other_maker many_networks foreign_key guessing factory_reset " \
    "enrolment_guessing"
#define UNTIL_DECIDED "it gets nothing until you accept or block"

static const struct {
    const char *kind, *words;
} kinds[] = {
    {"other_certificate", "came with another certificate than at first; " UNTIL_DECIDED},
    {"other_model", "told another model than at first; " UNTIL_DECIDED},
    {"other_maker", "came with a certificate of another maker; " UNTIL_DECIDED},
    {"many_networks", "was served in more networks within a day than its policy allows, so that it "
                      "may be more than one phone; " UNTIL_DECIDED},
    {"foreign_key", "came with the URL key of another tenant; point it to yours"},
    {"guessing", "asked for other phones' files with its certificate; look at it, or block the "
                 "certificate"},
    {"factory_reset", "began again though it was enrolled: a reset phone, or somebody else with "
                      "its URL; arm its enrolment again if it is yours"},
    {"enrolment_guessing", "its one-time URL or secret was used to ask for other phones; arm its "
                           "enrolment again, which ends both"},
};

static void show(json_t *object)
{
    const char *kind = json_string_value(json_object_get(object, "kind"));
    for (size_t i = 0; kind != NULL && i < BK_COUNT(kinds); i++) {
        if (strcmp(kinds[i].kind, kind) == 0)
            json_object_set_new(object, "kind_text", json_string(kinds[i].words));
    }
}

static const struct api_field seen_fields[] = {
    {.name = "source",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY | API_NULL,
     .help = "The address it came from."},
    {.name = "fingerprint",
     .type = API_T_SHA256,
     .flags = API_READ_ONLY | API_NULL,
     .help = "SHA-256 of the certificate it showed."},
    {.name = "maker",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY | API_NULL,
     .help = "The maker of the certificate."},
    {.name = "model",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY | API_NULL,
     .help = "The model it told."},
    {.name = "networks",
     .type = API_T_INT,
     .flags = API_READ_ONLY | API_NULL,
     .help = "In how many networks it was served within a day."},
    {0},
};

static const struct api_field fields[] = {
    {.name = "device_id",
     .type = API_T_REF,
     .flags = API_READ_ONLY,
     .column = "device_id",
     .help = "Of which device."},
    {.name = "mac",
     .type = API_T_MAC,
     .flags = API_READ_ONLY,
     .read = "replace(d.mac::text, ':', '')",
     .help = "Its MAC now."},
    {.name = "kind",
     .type = API_T_WORD,
     .flags = API_READ_ONLY,
     .words = KINDS,
     .column = "kind",
     .help = "What was odd, for programs."},
    {.name = "kind_text",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 255,
     .read = "''",
     .help = "What was odd and what to do, for people."},
    {.name = "seen",
     .type = API_T_OBJECT,
     .flags = API_READ_ONLY,
     .members = seen_fields,
     .read = "json_build_object('source', t.seen -> 'source', 'fingerprint',"
             " t.seen -> 'fingerprint', 'maker', t.seen -> 'maker', 'model', t.seen -> 'model',"
             " 'networks', t.seen -> 'networks')",
     .help = "What was seen the first time; null: nothing that belongs here."},
    {.name = "seen_count",
     .type = API_T_INT,
     .flags = API_READ_ONLY,
     .column = "seen_count",
     .help = "How often, at most once a second."},
    {.name = "first_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY,
     .column = "first_at",
     .help = "When it was first seen."},
    {.name = "last_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY,
     .column = "last_at",
     .help = "When it was last seen."},
    {.name = "decision",
     .type = API_T_WORD,
     .flags = API_READ_ONLY | API_NULL,
     .words = "accepted blocked superseded",
     .column = "decision",
     .help = "accepted, blocked: by somebody. superseded: the device is another phone now. Null: "
             "open."},
    {.name = "decided_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .column = "decided_at",
     .help = "When that was decided."},
    {.name = "decided_by",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY | API_NULL,
     .max = 128,
     .column = "decided_by",
     .help = "By whom, as in audit events, or by what."},
    {0},
};

static const struct api_filter filters[] = {
    {"device_id", API_T_REF, "t.device_id = @@", NULL, "Of this device."},
    {"kind", API_T_WORD, "t.kind = @@", KINDS, "Of this kind."},
    {"is_open", API_T_BOOL, "(t.decision is null) = @@", NULL,
     "Those that nobody has decided, or the others."},
    {0},
};

const struct api_resource api_res_anomalies = {
    .name = "anomaly",
    .schema = "Anomaly",
    .plural = "anomalies",
    .path = "/v1/anomalies",
    .help = "Something odd about a phone: one open of a kind for each device, which counts. Those "
            "that quarantine it wait for POST /v1/devices/{device_id}/accept or /block.",
    .table = "app.anomaly",
    .joins = "join app.device as d on d.tenant_id = t.tenant_id and d.device_id = t.device_id",
    .id = "anomaly_id",
    .newest_first = true,
    .fields = fields,
    .filters = filters,
    .show = show,
};
