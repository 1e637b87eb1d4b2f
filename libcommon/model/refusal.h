/*
 * Why a phone was refused, in words: what beckon-config and bk.device_fetch write into a visit is a
 * stable name, what people read is a sentence.
 */
#ifndef MODEL_REFUSAL_H
#define MODEL_REFUSAL_H

/* "mac_mismatch" -> the sentence; a reason that is not known is returned as it is. */
const char *bk_refusal_text(const char *reason);

#endif
