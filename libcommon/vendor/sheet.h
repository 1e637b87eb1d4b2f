/*
 * The parameters of one file, in their order. A driver's fill function puts them; the same function
 * serves two ends:
 *
 *     write   the parameters are encoded into a buffer, and noted as they were meant; then the text
 *             is parsed again, and must read as the notes have it (notes.h)
 *     list    each parameter is handed to a caller with where it comes from (`explain`, `diff`,
 *             the table of what each maker supports)
 *
 * So a fill function is deterministic, and does nothing but put.
 */
#ifndef VENDOR_SHEET_H
#define VENDOR_SHEET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/parameter.h"
#include "model/phone.h"
#include "vendor/notes.h"

#define BK_PARAM_NAME_MAX 128
#define BK_PARAM_VALUE_MAX 1024
#define BK_SHEET_DEPTH_MAX 8

struct bk_file;
struct bk_lines; /* format/lines.h */
struct bk_sheet;

/* How one kind of file is written: a const struct of its driver. */
struct bk_format {
    const char *content_type;
    /* May stand as the name of a raw parameter? name_rule says in words what may. */
    bool (*is_name)(struct bk_str name);
    const char *name_rule; /* "a Yealink parameter has 1 to 128 letters, …" */
    /* NULL: the value can be written; else what is wrong with it: "holds a quote". */
    const char *(*check_value)(const struct bk_format *format, struct bk_str value);
    /* What stands around the parameters; NULL: nothing does. */
    void (*begin)(struct bk_sheet *sheet, const struct bk_file *file);
    void (*end)(struct bk_sheet *sheet, const struct bk_file *file);
    /* One parameter; name is prefix and name in one, value was checked, empty: the explicit empty
     * form. Not called when a file is listed. */
    void (*put)(struct bk_sheet *sheet, struct bk_str name, struct bk_str value);
    const struct bk_lines *lines; /* a file of lines; NULL: XML */
};

typedef void bk_list_fn(void *context, const struct bk_parameter *parameter);

/* What the format has no form for, or the maker no parameter: why a file cannot be written. */
struct bk_fault {
    struct bk_str name, value; /* of the parameter; no value where several made it up */
    const char *what;          /* "holds a quote, for which …": never holds the value */
    struct bk_origin origin;
};
typedef void bk_fault_fn(void *context, const struct bk_fault *fault);

/* Of a dialect of lines: its texts, measured. */
struct bk_marks {
    struct bk_str before, between, empty;
    char separator; /* that ends a name */
};

struct bk_sheet {
    const struct bk_format *format;
    enum bk_err err; /* first failure, sticky; later puts do nothing */
    struct bk_detail *detail;
    struct bk_origin origin; /* of what is put next */
    char name[64 + BK_PARAM_NAME_MAX];
    size_t prefix_len;
    int section; /* the format's own: which part of the file is open */

    /* list; NULL: the file is written */
    bk_list_fn *list;
    void *list_context;
    /* told of each fault, and the file goes on; NULL: the first one ends it */
    bk_fault_fn *tell_fault;
    void *fault_context;
    /* write */
    struct bk_buf *out;
    struct bk_notes notes;
    /* lines: */
    struct bk_marks marks;
    /* XML: the elements that are open */
    const char *tags[BK_SHEET_DEPTH_MAX];
    size_t depth;
    bool is_tag_open; /* "<tag" stands, ">" does not yet */
};

/*
 * Names are put after a prefix: "account.", 1, "." is begun and added piece by piece. Numbers
 * from 0. The prefix stands until the next is begun; empty: names as they are. At most 63 bytes.
 */
void bk_prefix(struct bk_sheet *sheet, struct bk_str text);
void bk_prefix_number(struct bk_sheet *sheet, int number, struct bk_str text_after);

/* Where the parameters come from that are put next, until it is said anew. A file begins with the
 * driver. settings are those of the phone, or of a line. */
extern const struct bk_setting bk_settings_unset[BK_NEUTRAL_COUNT]; /* nobody set anything */
void bk_from_driver(struct bk_sheet *sheet);
void bk_from_setting(struct bk_sheet *sheet, const struct bk_setting *settings, enum bk_neutral id);
void bk_from_line(struct bk_sheet *sheet, int index);
void bk_from_key(struct bk_sheet *sheet, enum bk_panel panel, int module, int slot);

/*
 * One parameter each; name is a constant of the driver, or made of constants and numbers.
 * bk_put: a value of any origin, checked: what the format cannot carry fails the file with
 * BK_ERR_INVALID and names the parameter. Empty: the format's explicit empty form (rule 11 of
 * docs/rules.md). The others write constants and numbers.
 */
void bk_put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value);
void bk_put_int(struct bk_sheet *sheet, struct bk_str name, int64_t value);
void bk_put_word(struct bk_sheet *sheet, struct bk_str name, const char *word); /* NULL: empty */
void bk_put_empty(struct bk_sheet *sheet, struct bk_str name);
/* Decimal digits of a number, at the end of space; for values that are made of several parts. */
#define BK_DIGITS_SIZE 24
struct bk_str bk_digits(int64_t number, char (*space)[BK_DIGITS_SIZE]);

/* A setting as it stands: texts, numbers, and booleans as 1 and 0; empty when nobody set it. */
void bk_put_setting(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings,
                    enum bk_neutral id);
/* The same in the maker's words: that of the value's place in the option row's words (a bool: no,
 * yes), or empty when nobody set it. words are separated by blanks. A word "-" is none: empty. */
void bk_put_choice(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings,
                   enum bk_neutral id, const char *words);
/* A password that nobody sets is not emptied, since the factory's is known to everybody: the phone
 * keeps the last one it was given. */
void bk_put_secret(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings,
                   enum bk_neutral id);
/* What goes with such a password, as the name of its account: word, or kept as the password is. */
void bk_put_beside_secret(struct bk_sheet *sheet, struct bk_str name,
                          const struct bk_setting *settings, enum bk_neutral id, const char *word);
/* Said when a list is made, else nothing: the driver manages this parameter, and leaves it now. */
void bk_put_kept(struct bk_sheet *sheet, struct bk_str name);
/* The same: what was asked for has no parameter in this file: "pickup", of a key. */
void bk_put_lost(struct bk_sheet *sheet, struct bk_str what);
/* All keys of the phone on these panels, bits 1u << enum bk_panel, of slots from slot_min on. */
void bk_put_lost_keys(struct bk_sheet *sheet, const struct bk_phone *phone, unsigned panels,
                      int slot_min);

/* The raw parameters of this maker, without those that the driver reserves. */
void bk_put_raws(struct bk_sheet *sheet, const struct bk_file *file);
/* Those alone whose names are so. */
void bk_put_raws_if(struct bk_sheet *sheet, const struct bk_file *file,
                    bool (*is_wanted)(struct bk_str name));

/* Give the file up: BK_ERR_INVALID, "parameter: what". The second one: because of this value, of
 * which the parameter's would have been made. */
void bk_sheet_fail(struct bk_sheet *sheet, struct bk_str name, const char *what);
void bk_sheet_fail_value(struct bk_sheet *sheet, struct bk_str name, struct bk_str value,
                         const char *what);

/* --- for the formats ------------------------------------------------------------------------- */

/* Append to what is written. */
void bk_sheet_write(struct bk_sheet *sheet, struct bk_str text);
/* BK_ERR_INTERNAL: what was written does not read back. */
void bk_sheet_differs(struct bk_sheet *sheet, struct bk_str name);
/* Valid UTF-8 of at most 1024 bytes, no control character, no blank at either end; NULL: it is. */
const char *bk_value_fault(struct bk_str value);

#endif
