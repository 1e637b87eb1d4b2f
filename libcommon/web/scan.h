/*
 * Verdict of a parser over a growing input.
 */
#ifndef WEB_SCAN_H
#define WEB_SCAN_H

enum bk_scan {
    BK_SCAN_MORE, /* good so far, not complete */
    BK_SCAN_GOOD,
    BK_SCAN_BAD
};

#endif
