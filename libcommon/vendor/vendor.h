/*
 * What a phone driver is: a const struct, its models (rows of data), and pure functions from text
 * to text. It does no I/O and knows no clock, so that a golden file is its test.
 * The registry (registry.c) is an array written by hand, one line a driver.
 */
#ifndef VENDOR_VENDOR_H
#define VENDOR_VENDOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/mac.h"
#include "model/phone.h"
#include "vendor/sheet.h"

/* A file is at most 1 MiB (docs/rules.md). */
#define BK_FILE_SIZE_MAX (1024 * 1024)

/* What a requested path asks for. The names (bk_file_kind_name) stand in visits: never rename. */
enum bk_file_kind {
    BK_FILE_NONE,             /* not a file of this maker */
    BK_FILE_BOOT,             /* "boot": list of files to load, device's or shared */
    BK_FILE_COMMON,           /* "common": shared by a model or all */
    BK_FILE_DEVICE,           /* "device": the phone's own configuration */
    BK_FILE_DIRECTORY,        /* "directory": contacts */
    BK_FILE_LOCAL,            /* "local": what its user changed, kept by the phone */
    BK_FILE_MASTER,           /* "master": names the files to load, device's or shared */
    BK_FILE_OVERRIDE,         /* "override": what was changed at the phone or on its web page */
    BK_FILE_CALLS,            /* "calls": call lists */
    BK_FILE_LOG,              /* "log" */
    BK_FILE_FIRMWARE,         /* "firmware": an image, or what names one */
    BK_FILE_LANGUAGE,         /* "language": texts of menus */
    BK_FILE_LICENSE,          /* "license" */
    BK_FILE_INDEX,            /* "index-by-serial": names the files of one serial number */
    BK_FILE_BINARY,           /* "device-binary": the maker's own form of the device's file */
    BK_FILE_ENCRYPTED,        /* "device-encrypted" */
    BK_FILE_COMMON_ENCRYPTED, /* "common-encrypted" */
    BK_FILE_KIND_COUNT
};
const char *bk_file_kind_name(enum bk_file_kind kind); /* "none" for BK_FILE_NONE */

struct bk_path_match {
    enum bk_file_kind kind;
    bool has_mac;
    struct bk_mac mac;
    struct bk_str model_code; /* "000000000096" of y000000000096.cfg; empty when it has none */
};

struct bk_agent {
    struct bk_str model, firmware; /* as written, without prefix SIP-; borrowed; may be empty */
    bool has_mac;
    struct bk_mac mac;
};

/* --- models: rows of data -------------------------------------------------------------------- */

struct bk_model {
    struct bk_str name;  /* "T54W": device.model, and the model of the User-Agent */
    struct bk_str codes; /* comma separated: how names of files call it, the NNN of
                            y000000000NNN.cfg or the "grp2614" of cfggrp2614.xml (files.h) */
    int line_count;      /* accounts */
    int key_count;       /* line keys, all pages */
    int programmable_count;
    int module_count;     /* expansion modules that can be attached */
    int module_key_count; /* keys of one module, all pages */
    struct bk_str traits; /* comma separated words of its driver; the column may be missing */
    struct bk_str notes;
};

/*
 * Parse a table of models: tab separated, first line the names of the columns (the members above),
 * '#' comments. At most 1,000 rows. BK_ERR_INVALID: "file:line: rule". The table borrows text.
 */
struct bk_model_table {
    struct bk_model *rows; /* owned */
    size_t count;
};
BK_MUST_USE enum bk_err bk_models_parse(struct bk_str text, const char *file_name,
                                        struct bk_model_table *ret_table,
                                        struct bk_detail *ret_detail);
void bk_models_free(struct bk_model_table *table);
bool bk_model_has_trait(const struct bk_model *model, struct bk_str trait);

/* --- the driver ------------------------------------------------------------------------------ */

struct bk_file_request {
    enum bk_file_kind kind;
    bool has_mac;             /* the path named the phone */
    struct bk_str model_code; /* as in bk_path_match */
};

/* What a driver is asked to write. */
struct bk_file {
    const struct bk_vendor *vendor;
    const struct bk_phone *phone;
    const struct bk_model *model; /* the device's row, or the maker's largest; never NULL */
    bool is_model_known;
    struct bk_file_request request;
};

/* A parameter that raw ones may not set: '#' stands for a number, '*' at the end for anything. */
struct bk_reserved {
    const char *name;
    const char *use; /* what to do instead: "set security.admin_secret" */
};

/* How a phone without a certificate can show that it is the one that was enrolled. */
enum bk_enrol_secret {
    BK_ENROL_URL,    /* a secret in the path of its provisioning URL */
    BK_ENROL_BASIC,  /* user and password over HTTP Basic */
    BK_ENROL_DIGEST, /* the same over HTTP Digest, SHA-256 or MD5 */
};

struct bk_vendor {
    const char *name;        /* stored in device.vendor: never rename */
    const char *title;       /* "Yealink" */
    const char *const *ouis; /* six lower-case hex digits; a hint, never proof; NULL ends */
    const char *models_text; /* the built-in table, from models.tsv */
    const struct bk_reserved *reserved; /* everything the driver writes, and more; name NULL ends */

    /* What its phones can be told to use after enrolment, as bits 1u << enum bk_enrol_secret: only
     * what the facts bear out. */
    unsigned enrol_secrets;

    /* Match what follows "/<tenant key>/". False: not a path of this maker. */
    bool (*match_path)(struct bk_str path, struct bk_path_match *ret_match);
    /* Match HTTP and SIP User-Agents. False: not of this maker. */
    bool (*match_agent)(struct bk_str agent, struct bk_agent *ret_agent);
    bool (*match_sip_agent)(struct bk_str agent, struct bk_agent *ret_agent);

    /*
     * How this file is written; NULL: this maker has no such file for this phone. And its
     * parameters (sheet.h). fill NULL: the maker is recognised, and has no driver.
     *
     * phone->is_bootstrap: the file that the phone takes its settings from holds the provisioning
     * parameters alone, and none that resets anything else.
     */
    const struct bk_format *(*form)(const struct bk_file *file);
    void (*fill)(struct bk_sheet *sheet, const struct bk_file *file);
    const struct bk_format *raw_format; /* of the file in which raw parameters stand */

    /* What a phone asks for, in its order: patterns as bk_file_name_print (files.h) reads them;
     * NULL ends. */
    const char *const *files;

    /* The SIP Event that makes the phone fetch again, and that makes it reboot; NULL: none does. */
    const char *resync_event, *reboot_event;
    /* Files whose request marks a boot, as bits 1u << enum bk_file_kind: what the phone asks for
     * first after it has started. Where a maker's phones ask for it at a resync too, a reboot is
     * told from a resync only by what was sent before (docs/architecture.md). */
    unsigned boot_kinds;

    /* Files that the phone writes by PUT or POST and reads back by GET, as bits 1u << enum
     * bk_file_kind: kept for it as they came (model/upload.h). Those of BK_FILE_LOG grow, all
     * others are replaced. */
    unsigned upload_kinds;
};

/*
 * Drivers by stored name, or NULL; all drivers, NULL-terminated; and with them the makers that are
 * only recognised.
 */
const struct bk_vendor *bk_vendor_find(struct bk_str name);
const struct bk_vendor *const *bk_vendors(void);
const struct bk_vendor *const *bk_makers(void);
/* The names of all drivers, with commas between: for who named another. */
#define BK_VENDOR_NAMES_SIZE 256
void bk_vendor_names_print(char (*ret_text)[BK_VENDOR_NAMES_SIZE]);

/*
 * Write one file. model is the device's row, or NULL when the model is not known (then the maker's
 * largest). What was written is parsed again and compared (sheet.h).
 * BK_ERR_NOT_FOUND: this maker has no such file for this phone; BK_ERR_INVALID: a value cannot be
 * written in this format, ret_detail names the parameter; BK_ERR_TOO_LARGE; BK_ERR_INTERNAL: it
 * does not read back the same. out is empty then; it should be a secret buffer. Raw parameters
 * that are reserved are left out (they were refused when they were written, or the driver learned
 * to manage them since). ret_content_type may be NULL.
 */
BK_MUST_USE enum bk_err bk_vendor_render(const struct bk_vendor *vendor,
                                         const struct bk_phone *phone, const struct bk_model *model,
                                         const struct bk_file_request *request, struct bk_buf *out,
                                         const char **ret_content_type,
                                         struct bk_detail *ret_detail);

/* The same file's parameters, one by one with where they come from. Names and values are borrowed
 * until list returns; errors as above, after some may have been listed. */
BK_MUST_USE enum bk_err bk_vendor_list(const struct bk_vendor *vendor, const struct bk_phone *phone,
                                       const struct bk_model *model,
                                       const struct bk_file_request *request, bk_list_fn *list,
                                       void *context, struct bk_detail *ret_detail);

/* Every fault of the file, where bk_vendor_render ends at the first. scratch: for what is written
 * besides, empty before and after. BK_ERR_NOT_FOUND as above. */
BK_MUST_USE enum bk_err bk_vendor_faults_of_file(const struct bk_vendor *vendor,
                                                 const struct bk_phone *phone,
                                                 const struct bk_model *model,
                                                 const struct bk_file_request *request,
                                                 struct bk_buf *scratch, bk_fault_fn *tell_fault,
                                                 void *context, struct bk_detail *ret_detail);

/*
 * Read the built-in tables, of models and of issuer rules (cert_rule.h), once per process before
 * anything else here is called; and replace or extend one maker's models by a file's text, which is
 * copied (an operator adds models so). Not thread-safe: before workers start.
 */
BK_MUST_USE enum bk_err bk_vendors_init(struct bk_detail *ret_detail);
BK_MUST_USE enum bk_err bk_vendor_add_models(const struct bk_vendor *vendor, struct bk_str text,
                                             const char *file_name, struct bk_detail *ret_detail);
void bk_vendors_deinit(void); /* frees the tables; for tests and tools */
/* By name: letters of either case, and with or without the blanks, hyphens and underscores in it;
 * NULL when there is no such row. */
const struct bk_model *bk_model_find(const struct bk_vendor *vendor, struct bk_str name);
/* The largest counts of all rows: what a phone of unknown model may have. */
const struct bk_model *bk_model_largest(const struct bk_vendor *vendor);
/* By index, NULL after the last: for lists. */
const struct bk_model *bk_model_at(const struct bk_vendor *vendor, size_t index);

/* Can its phones show their secret so? method: "url", "basic", "digest". */
bool bk_vendor_enrols_by(const struct bk_vendor *vendor, struct bk_str method);

/* Is this a file that the phone itself writes? */
bool bk_vendor_keeps(const struct bk_vendor *vendor, const struct bk_path_match *match);

bool bk_is_reserved(const struct bk_vendor *vendor, struct bk_str name);
bool bk_vendor_has_oui(const struct bk_vendor *vendor, const struct bk_mac *mac);

/*
 * May an admin set this raw parameter? BK_ERR_DENIED with a detail that names the setting to use;
 * BK_ERR_INVALID when the format cannot carry it.
 */
BK_MUST_USE enum bk_err bk_raw_check(const struct bk_vendor *vendor, struct bk_str name,
                                     struct bk_str value, struct bk_detail *ret_detail);

/*
 * Which maker could have asked for path, or sent agent: the drivers' own grammars, the OUI of a
 * MAC to choose between several. For `beckon identify` and for guessing, never for authorising.
 */
const struct bk_vendor *bk_vendor_of_path(struct bk_str path, struct bk_path_match *ret_match);
const struct bk_vendor *bk_vendor_of_agent(struct bk_str agent, struct bk_agent *ret_agent);
const struct bk_vendor *bk_vendor_of_sip_agent(struct bk_str agent, struct bk_agent *ret_agent);

#endif
