/*
 * XML files: an encoder of elements and attributes, and a check by expat, a parser that is not
 * ours.
 *
 *     bk_xml_open(sheet, "config");
 *     bk_xml_attr(sheet, "version", BK_STR("1"));
 *     …
 *     bk_xml_close(sheet);
 *
 * Elements that hold others stand on lines of their own; one that holds text is one line. The calls
 * write, or find their like in what expat read; in a list they do nothing. Comments, processing
 * instructions and document types are never written, and refused when they are read back.
 * Tags and names of attributes are constants of a driver or checked names.
 */
#ifndef VENDOR_FORMAT_XML_H
#define VENDOR_FORMAT_XML_H

#include "vendor/sheet.h"

void bk_xml_open(struct bk_sheet *sheet, const char *tag); /* tag must outlive its close */
void bk_xml_attr(struct bk_sheet *sheet, const char *name, struct bk_str value); /* structure */
void bk_xml_text(struct bk_sheet *sheet, struct bk_str text); /* then only a close may follow */
void bk_xml_close(struct bk_sheet *sheet);

/*
 * For struct bk_format. put functions, one a spelling:
 *     bk_xml_put_element    <name>value</name>
 *     bk_xml_put_attribute  name="value", of the element that is open, on a line of its own
 *     bk_xml_put_named      sheet->format's own: call with its tag and its two attributes
 */
void bk_xml_put_element(struct bk_sheet *sheet, struct bk_str name, struct bk_str value);
void bk_xml_put_attribute(struct bk_sheet *sheet, struct bk_str name, struct bk_str value);
/* <tag name_attr="name" value_attr="value"/> */
void bk_xml_put_named(struct bk_sheet *sheet, const char *tag, const char *name_attr,
                      const char *value_attr, struct bk_str name, struct bk_str value);
/* bk_value_fault, and no character that XML cannot carry. */
const char *bk_xml_check_value(const struct bk_format *format, struct bk_str value);
/* A name as XML has it, of ASCII: a letter or '_' first, then those, digits, '.', '-'. At most
 * 128. */
bool bk_xml_is_name(struct bk_str name);

/* --- the check -------------------------------------------------------------------------------- */

enum bk_xml_kind { BK_XML_OPEN, BK_XML_ATTR, BK_XML_TEXT, BK_XML_CLOSE };

/* An element, then its attributes in their order, its text and children, its end. Text that is
 * blank altogether is left out. */
struct bk_xml_token {
    enum bk_xml_kind kind;
    struct bk_str name, value; /* a text has no name, an element no value */
};

struct bk_xml_tokens {
    struct bk_xml_token *rows; /* owned */
    size_t count, size;
    struct bk_buf text; /* what they borrow from; wiped */
};

/* BK_ERR_INTERNAL: not well-formed, or holds what the encoder never writes; detail says where. */
BK_MUST_USE enum bk_err bk_xml_read(struct bk_str text, struct bk_xml_tokens *ret_tokens,
                                    struct bk_detail *ret_detail);
void bk_xml_tokens_free(struct bk_xml_tokens *tokens); /* also after bk_xml_read has failed */
void bk_xml_check_end(struct bk_sheet *sheet);         /* nothing may be left */

#endif
