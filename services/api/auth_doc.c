/*
 * What the document says of signing in (auth.c), which is no resource.
 */
#include "base/password.h"
#include "handlers.h"

static const struct api_field tenant_fields[] = {
    {.name = "id", .type = API_T_REF, .flags = API_READ_ONLY, .help = "The tenant."},
    {.name = "name", .type = API_T_TEXT, .flags = API_READ_ONLY, .help = "Its handle."},
    {0},
};

#define TENANT_FIELD \
    { \
        .name = "tenant", .type = API_T_OBJECT, .flags = API_READ_ONLY | API_NULL, \
        .members = tenant_fields, \
        .help = "The tenant that the token is for; null: an operator in none.", \
    }
#define ROLE_FIELD \
    { \
        .name = "role", .type = API_T_WORD, .flags = API_READ_ONLY, \
        .words = "viewer technician admin operator", .help = "What one may do there.", \
    }

static const struct api_field login_fields[] = {
    {.name = "email",
     .type = API_T_TEXT,
     .flags = API_REQUIRED,
     .min = 1,
     .max = 254,
     .help = "E-mail address of the account.",
     .example = "\"anna@acme.example\""},
    {.name = "password",
     .type = API_T_TEXT,
     .flags = API_REQUIRED,
     .min = 1,
     .max = BK_PASSWORD_MAX,
     .help = "Its password.",
     .example = "\"correct horse battery\""},
    {.name = "tenant",
     .type = API_T_TEXT,
     .min = 1,
     .max = 63,
     .help = "Handle of the tenant to work in; needed by who has a role in several, and by "
             "operators who want one.",
     .example = "\"acme\""},
    {0},
};

static const struct api_field token_fields[] = {
    {.name = "access_token",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .help = "Authorization: Bearer <this>."},
    {.name = "token_type",
     .type = API_T_WORD,
     .flags = API_READ_ONLY,
     .words = "Bearer",
     .help = "Always Bearer."},
    {.name = "expires_in",
     .type = API_T_INT,
     .flags = API_READ_ONLY,
     .help = "Seconds that it holds."},
    ROLE_FIELD,
    TENANT_FIELD,
    {0},
};

static const struct api_field me_fields[] = {
    {.name = "user_id", .type = API_T_REF, .flags = API_READ_ONLY, .help = "Oneself."},
    {.name = "email",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY | API_NULL,
     .help = "What one signs in with; null: an operator's, which no tenant sees."},
    {.name = "display_name",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY | API_NULL,
     .help = "What people call one."},
    ROLE_FIELD,
    TENANT_FIELD,
    {0},
};

const struct api_doc api_doc_login = {
    .summary = "Sign in",
    .help = "Five wrong passwords in a row close the account for five minutes; that it is closed "
            "is not told apart from a wrong password.",
    .schema = "Token",
    .answer = token_fields,
    .request = login_fields,
    .statuses = "200 401 403 422 429",
};
const struct api_doc api_doc_me = {
    .summary = "Who one is, and where",
    .schema = "Me",
    .answer = me_fields,
    .statuses = "200",
};
