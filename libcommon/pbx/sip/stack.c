/*
 * Sockets and TLS, with cures for what libre 1.1.0 lacks: it neither verifies a server's
 * certificate nor sends a server name, so both are done on its OpenSSL context; and it prints each
 * request that nobody listens for.
 */
#include "pbx/sip/stack.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

enum {
    CLIENT_TRANSACTIONS = 256, /* hash sizes, not limits */
    SERVER_TRANSACTIONS = 16,
    TCP_CONNECTIONS = 16,
    CHAIN_MAX = 5
};

/* --- TLS --- */

static struct bk_sip_stack *stack_of(const SSL *ssl)
{
    return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

static bool is_numeric(const char *name)
{
    struct in6_addr space;
    return inet_pton(AF_INET, name, &space) == 1 || inet_pton(AF_INET6, name, &space) == 1;
}

/* RFC 6066 3: a numeric address is no server name. */
static void on_info(const SSL *ssl, int where, int ret)
{
    (void)ret;
    const char *name = stack_of(ssl)->name;
    if ((where & SSL_CB_HANDSHAKE_START) != 0 && !is_numeric(name) &&
        SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) == NULL)
        SSL_set_tlsext_host_name((SSL *)(uintptr_t)ssl, name);
}

/* Changes nothing; libre says no more than EPROTO, and a tenant wants to know. */
static int on_verify(int is_good, X509_STORE_CTX *ctx)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    if (!is_good)
        stack_of(ssl)->tls_error = X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
    return is_good;
}

static bool open_tls(struct bk_sip_stack *stack, const char *ca_file)
{
    if (tls_alloc(&stack->tls, TLS_METHOD_SSLV23, NULL, NULL) != 0)
        return false;
    SSL_CTX *ctx = tls_openssl_context(stack->tls);
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    SSL_CTX_set_app_data(ctx, stack);
    SSL_CTX_set_info_callback(ctx, on_info);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
    SSL_CTX_set_verify_depth(ctx, CHAIN_MAX);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           (is_numeric(stack->name) ? X509_VERIFY_PARAM_set1_ip_asc(param, stack->name)
                                    : X509_VERIFY_PARAM_set1_host(param, stack->name, 0)) == 1 &&
           (ca_file != NULL && ca_file[0] != '\0' ? SSL_CTX_load_verify_file(ctx, ca_file)
                                                  : SSL_CTX_set_default_verify_paths(ctx)) == 1;
}

/* --- requests to our socket --- */

/*
 * The PBX may look whether we live; nothing else is for us, least of all inside a dialog, since
 * there is none. Others than the PBX hear nothing.
 */
static bool on_request(const struct sip_msg *msg, void *ctx)
{
    const struct bk_sip_stack *stack = ctx;
    if (!sa_cmp(&msg->src, &stack->peer, SA_ADDR) || pl_strcmp(&msg->met, "ACK") == 0)
        return true;
    bool is_in_dialog = pl_isset(&msg->to.tag);
    bool is_options = pl_strcmp(&msg->met, "OPTIONS") == 0;
    if (is_in_dialog)
        (void)sip_reply(stack->sip, msg, 481, "Call/Transaction Does Not Exist");
    else
        (void)sip_replyf(stack->sip, msg, is_options ? 200 : 405,
                         is_options ? "OK" : "Method Not Allowed",
                         "Allow: OPTIONS\r\nContent-Length: 0\r\n\r\n");
    return true;
}

/* Answers to nothing of ours: late, or forged. */
static bool on_stray(const struct sip_msg *msg, void *ctx)
{
    (void)msg;
    (void)ctx;
    return true;
}

/* --- addresses --- */

/*
 * The address of ours that packets to the PBX leave from: Via and Contact show it, and what is
 * bound to 0.0.0.0 would show that.
 */
static bool find_source(const struct sockaddr_storage *address, struct sa *ret_source)
{
    struct sockaddr_storage own;
    socklen_t len = sizeof own;
    socklen_t to_len =
        address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    struct sockaddr_storage to = *address;
    /* Any port will do, since nothing is sent; 0 is refused by some kernels. */
    if (to.ss_family == AF_INET)
        ((struct sockaddr_in *)&to)->sin_port = htons(5060);
    else
        ((struct sockaddr_in6 *)&to)->sin6_port = htons(5060);
    int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && connect(fd, (const struct sockaddr *)&to, to_len) == 0 &&
                getsockname(fd, (struct sockaddr *)&own, &len) == 0 &&
                sa_set_sa(ret_source, (const struct sockaddr *)&own) == 0;
    if (good)
        sa_set_port(ret_source, 0);
    if (fd >= 0)
        close(fd);
    return good;
}

/* --- life --- */

static void close_stack(struct bk_sip_stack *stack)
{
    mem_deref(stack->requests);
    mem_deref(stack->strays);
    if (stack->sip != NULL)
        sip_close(stack->sip, true);
    mem_deref(stack->sip);
    mem_deref(stack->tls);
    bk_free(stack);
}

bool bk_sip_stack_open(const struct bk_sip_stack_setup *setup,
                       const struct sockaddr_storage *address, struct bk_sip_stack **ret_stack)
{
    static const enum sip_transp transports[] = {SIP_TRANSP_UDP, SIP_TRANSP_TCP, SIP_TRANSP_TLS};
    static const char *const words[] = {"udp", "tcp", "tls"};
    char host[INET6_ADDRSTRLEN];
    struct pl route;
    struct bk_sip_stack *stack = bk_alloc(sizeof *stack);
    if (stack == NULL)
        return false;
    stack->ref_count = 1;
    stack->address = *address;
    snprintf(stack->name, sizeof stack->name, "%s", setup->name);
    bool is_v6 = address->ss_family == AF_INET6;
    if (sa_set_sa(&stack->peer, (const struct sockaddr *)address) != 0 ||
        sa_ntop(&stack->peer, host, sizeof host) != 0 || !find_source(address, &stack->source))
        goto fail;
    snprintf(stack->route_text, sizeof stack->route_text, "sip:%s%s%s:%d;transport=%s",
             is_v6 ? "[" : "", host, is_v6 ? "]" : "", setup->port, words[setup->transport]);
    pl_set_str(&route, stack->route_text);
    if (uri_decode(&stack->route, &route) != 0 ||
        sip_alloc(&stack->sip, NULL, CLIENT_TRANSACTIONS, SERVER_TRANSACTIONS, TCP_CONNECTIONS,
                  setup->agent, NULL, NULL) != 0 ||
        (setup->transport == BK_SIP_TLS && !open_tls(stack, setup->ca_file)) ||
        sip_transp_add(stack->sip, transports[setup->transport], &stack->source, stack->tls) != 0 ||
        sip_listen(&stack->requests, stack->sip, true, on_request, stack) != 0 ||
        sip_listen(&stack->strays, stack->sip, false, on_stray, NULL) != 0)
        goto fail;
    *ret_stack = stack;
    return true;
fail:
    close_stack(stack);
    return false;
}

struct bk_sip_stack *bk_sip_stack_ref(struct bk_sip_stack *stack)
{
    stack->ref_count++;
    return stack;
}

void bk_sip_stack_unref(struct bk_sip_stack *stack)
{
    if (stack != NULL && --stack->ref_count == 0)
        close_stack(stack);
}

bool bk_sip_stack_is_good(const struct bk_sip_stack *stack)
{
    struct sa now;
    return !stack->is_bad && find_source(&stack->address, &now) &&
           sa_cmp(&now, &stack->source, SA_ADDR);
}
