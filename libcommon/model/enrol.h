/*
 * The form of what lets a phone without a certificate in: its one-time token, and the steady secret
 * that its first file names. API and command line draw them, the worker draws and reads them: one
 * that differed would let nobody in. 36^24: 124 bits.
 */
#ifndef MODEL_ENROL_H
#define MODEL_ENROL_H

#define BK_ENROL_TEXT_LEN 24
#define BK_ENROL_ALPHABET "abcdefghijklmnopqrstuvwxyz0123456789"

#endif
