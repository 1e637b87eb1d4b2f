/*
 * web/admission.h: places for handshakes are handed out to networks in turn, and all come back.
 */
#include "harness/test.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "web/admission.h"

static const struct bk_admission_limits limits = {
    .places_max = 4, .network_places_max = 2, .network_connections_max = 100};

static struct in6_addr address_of(const char *text)
{
    struct in6_addr address = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    if (inet_pton(AF_INET, text, address.s6_addr + 12) != 1)
        assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
    return address;
}

static void enter(struct bk_admission *admission, struct bk_ticket *ticket, const char *address)
{
    const struct in6_addr numeric = address_of(address);
    assert_true(bk_admission_enter(admission, ticket, &numeric));
}

static bool enter_and_ask(struct bk_admission *admission, struct bk_ticket *ticket,
                          const char *address)
{
    enter(admission, ticket, address);
    return bk_admission_ask(admission, ticket);
}

static void leave_all(struct bk_admission *admission, struct bk_ticket *tickets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bk_admission_leave(admission, &tickets[i]);
    assert_int_equal(admission->taken_count, 0);
    assert_int_equal(admission->waiting_count, 0);
    for (size_t i = 0; i < BK_ADMISSION_BUCKETS; i++)
        assert_true(bk_list_is_empty(&admission->buckets[i])); /* no network is left behind */
    assert_true(bk_list_is_empty(&admission->ready));
}

static void a_network_has_a_part_and_waits_for_more(void **state)
{
    (void)state;
    struct bk_admission admission;
    struct bk_ticket tickets[8] = {{0}};
    bk_admission_init(&admission, &limits);
    assert_true(enter_and_ask(&admission, &tickets[0], "192.0.2.1"));
    assert_true(enter_and_ask(&admission, &tickets[1], "192.0.2.200"));
    assert_false(enter_and_ask(&admission, &tickets[2], "192.0.2.3"));
    assert_false(bk_admission_has_next(&admission)); /* its part is taken, though places are free */
    assert_null(bk_admission_next(&admission));
    assert_true(enter_and_ask(&admission, &tickets[3], "192.0.3.1"));
    bk_admission_give_back(&admission, &tickets[0]);
    bk_admission_give_back(&admission, &tickets[0]); /* harmless */
    assert_ptr_equal(bk_admission_next(&admission), &tickets[2]);
    assert_int_equal(admission.taken_count, 3);
    leave_all(&admission, tickets, BK_COUNT(tickets));
}

static void networks_wait_in_turn_and_their_members_in_order(void **state)
{
    (void)state;
    struct bk_admission admission;
    struct bk_ticket all[9] = {{0}}, *taken = all, *crowd = all + 4, *one = all + 7;
    bk_admission_init(&admission, &limits);
    for (size_t i = 0; i < 4; i++) {
        static const char *const from[] = {"10.0.0.1", "10.0.1.1", "10.0.2.1", "10.0.3.1"};
        assert_true(enter_and_ask(&admission, &taken[i], from[i]));
    }
    for (size_t i = 0; i < 3; i++)
        assert_false(enter_and_ask(&admission, &crowd[i], "192.0.2.1"));
    for (size_t i = 0; i < 2; i++)
        assert_false(enter_and_ask(&admission, &one[i], "2001:db8:1:2::1"));
    struct bk_ticket *const wanted[] = {&crowd[0], &one[0], &crowd[1], &one[1]};
    for (size_t i = 0; i < 4; i++) {
        assert_null(bk_admission_next(&admission)); /* all places are taken */
        bk_admission_give_back(&admission, &taken[i]);
        /* Who comes now does not overtake those who wait. */
        struct bk_ticket late = {0};
        assert_false(enter_and_ask(&admission, &late, "198.51.100.1"));
        bk_admission_leave(&admission, &late);
        assert_ptr_equal(bk_admission_next(&admission), wanted[i]);
    }
    assert_false(bk_admission_has_next(&admission));
    bk_admission_leave(&admission, &crowd[2]); /* gave up waiting */
    leave_all(&admission, all, BK_COUNT(all));
}

static void networks_are_24_and_48_bits(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool is_same;
    } rows[] = {
        {"192.0.2.1", "192.0.2.255", true},
        {"192.0.2.1", "192.0.3.1", false},
        {"::ffff:192.0.2.1", "192.0.2.9", true},
        {"2001:db8:1::1", "2001:db8:1:ffff:ffff::1", true},
        {"2001:db8:1::1", "2001:db8:2::1", false},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_admission admission;
        struct bk_ticket tickets[2] = {{0}};
        bk_admission_init(&admission, &(struct bk_admission_limits){2, 1, 10});
        assert_true(enter_and_ask(&admission, &tickets[0], rows[i].a));
        assert_int_equal(enter_and_ask(&admission, &tickets[1], rows[i].b), !rows[i].is_same);
        leave_all(&admission, tickets, 2);
    }
}

static void connections_of_a_network_are_bounded(void **state)
{
    (void)state;
    struct bk_admission admission;
    struct bk_ticket tickets[4] = {{0}};
    const struct in6_addr again = address_of("192.0.2.77");
    bk_admission_init(&admission, &(struct bk_admission_limits){4, 2, 3});
    for (size_t i = 0; i < 3; i++)
        enter(&admission, &tickets[i], "192.0.2.1");
    assert_false(bk_admission_enter(&admission, &tickets[3], &again));
    enter(&admission, &tickets[3], "192.0.3.1");
    bk_admission_leave(&admission, &tickets[3]);
    bk_admission_leave(&admission, &tickets[0]);
    assert_true(bk_admission_enter(&admission, &tickets[3], &again));
    leave_all(&admission, tickets, 4);
}

/* Whatever happens in whatever order, the limits hold and nobody waits who could go. */
static void any_order_of_events_keeps_the_books(void **state)
{
    (void)state;
    enum { COUNT = 60, STEPS = 5000 };
    static struct bk_ticket tickets[COUNT];
    static struct bk_admission admission;
    unsigned seed = 4;
    memset(tickets, 0, sizeof tickets);
    bk_admission_init(&admission, &limits);
    for (int step = 0; step < STEPS; step++) {
        struct bk_ticket *ticket = &tickets[rand_r(&seed) % COUNT];
        if (ticket->state == BK_TICKET_NONE) {
            char text[32];
            snprintf(text, sizeof text, "10.0.%d.1", rand_r(&seed) % 6);
            enter(&admission, ticket, text);
        } else if (rand_r(&seed) % 4 == 0) {
            bk_admission_leave(&admission, ticket);
        } else if (ticket->state == BK_TICKET_PRESENT) {
            bk_admission_ask(&admission, ticket);
        } else {
            bk_admission_give_back(&admission, ticket);
        }
        while (bk_admission_next(&admission) != NULL)
            ;
        size_t taken = 0, waiting = 0, taken_of[6] = {0}, waiting_of[6] = {0};
        for (size_t i = 0; i < COUNT; i++) {
            bool is_taken = tickets[i].state == BK_TICKET_TAKEN;
            bool is_waiting = tickets[i].state == BK_TICKET_WAITING;
            taken += is_taken;
            waiting += is_waiting;
            for (size_t n = 0; n < 6 && tickets[i].state != BK_TICKET_NONE; n++) {
                char text[32];
                snprintf(text, sizeof text, "10.0.%zu.1", n);
                struct bk_ticket probe = {0};
                enter(&admission, &probe, text);
                bool is_of = probe.network == tickets[i].network;
                bk_admission_leave(&admission, &probe);
                taken_of[n] += is_taken && is_of;
                waiting_of[n] += is_waiting && is_of;
            }
        }
        assert_int_equal(taken, admission.taken_count);
        assert_int_equal(waiting, admission.waiting_count);
        assert_true(taken <= limits.places_max);
        for (size_t n = 0; n < 6; n++) {
            assert_true(taken_of[n] <= limits.network_places_max);
            assert_true(waiting_of[n] == 0 || taken == limits.places_max ||
                        taken_of[n] == limits.network_places_max);
        }
    }
    leave_all(&admission, tickets, COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_has_a_part_and_waits_for_more),
        cmocka_unit_test(networks_wait_in_turn_and_their_members_in_order),
        cmocka_unit_test(networks_are_24_and_48_bits),
        cmocka_unit_test(connections_of_a_network_are_bounded),
        cmocka_unit_test(any_order_of_events_keeps_the_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
