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
 * write and note; in a list they do nothing. Comments, processing
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

/* The whole file, read by expat, against the notes. BK_ERR_INTERNAL: not well-formed, holds what
 * the encoder never writes, or another thing than was noted. */
void bk_xml_check(struct bk_sheet *sheet, struct bk_str text);

#endif
