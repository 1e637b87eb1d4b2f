/*
 * Compiler attributes behind names, so that the code itself stays plain C17.
 */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#define BK_MUST_USE __attribute__((warn_unused_result))
#define BK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define BK_AUTO(fn) __attribute__((cleanup(fn)))
/* For what runs hundreds of times a file, where a call would be a good part of the cost. */
#define BK_INLINE static inline __attribute__((always_inline))
#define BK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The object that holds `member` at `ptr`. */
#define BK_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
