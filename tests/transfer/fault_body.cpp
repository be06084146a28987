// What can go wrong with the bytes of a file, at the first, a middle and the last one of them.
#include "transfer/fault_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;
using emulator::FaultAction;

namespace {

std::vector<std::uint64_t> positions(const std::string& content)
{
    return {0, content.size() / 2, content.size() - 1};
}

struct Broken {
    const char* name;
    FaultAction action;
};
constexpr Broken broken[] = {
    {"reset", FaultAction::reset},
    {"closed early", FaultAction::close},
    {"closed early, as if that were the end", FaultAction::short_body},
};

/// Calls f(kind, content, position) with a fresh cache each time.
template <class F>
void everywhere(FaultFixture& fixture, F f)
{
    for (const auto& kind : file_kinds)
        for (const auto at : positions(fixture.files.at(kind.path)))
            BOOST_TEST_CONTEXT(kind.path << " at byte " << at)
            {
                fixture.begin_again();
                f(kind, fixture.files.at(kind.path), at);
            }
}

} // namespace

BOOST_AUTO_TEST_SUITE(transfer_fault_body)

BOOST_FIXTURE_TEST_CASE(a_broken_body_goes_on_from_the_byte_that_was_reached, FaultFixture)
{
    for (const auto& row : broken)
        BOOST_TEST_CONTEXT(row.name)
    everywhere(*this, [&](const FileKind& kind, const std::string& content, std::uint64_t at) {
        add_body_fault(kind, {.action = row.action, .at = at});
        check_arrives(kind.path);
        const auto gets = body_gets(kind);
        BOOST_REQUIRE(gets.size() == 2u);
        BOOST_TEST(gets[1].from == at); // nothing twice
        BOOST_TEST(gets[1].sent == content.size() - at);
        BOOST_TEST(clock->waits == (at == 0 ? 1 : 0)); // without progress there is a back-off
        BOOST_TEST(left_over() == 0u);
    });
}

BOOST_FIXTURE_TEST_CASE(a_body_that_breaks_again_and_again_arrives_while_it_grows, FaultFixture)
{
    for (const auto& kind : file_kinds)
        BOOST_TEST_CONTEXT(kind.path)
        {
            begin_again();
            const auto step = files.at(kind.path).size() / 20 + 1;
            add_body_fault(kind, {.times = -1, .action = FaultAction::reset, .at = step});
            check_arrives(kind.path);
            const auto gets = body_gets(kind);
            BOOST_TEST(gets.size() == 20u);
            std::uint64_t sent = 0;
            for (const auto& get : gets)
                sent += get.sent;
            BOOST_TEST(sent == files.at(kind.path).size());
            BOOST_TEST(clock->waits == 0);
        }
}

BOOST_FIXTURE_TEST_CASE(a_body_that_never_comes_is_given_up_and_what_is_there_is_kept, FaultFixture)
{
    for (const auto& row : broken)
        for (const auto& kind : file_kinds)
            BOOST_TEST_CONTEXT(row.name << " " << kind.path)
            {
                begin_again();
                const auto half = files.at(kind.path).size() / 2;
                add_body_fault(kind, {.action = row.action, .at = half});
                add_body_fault(kind, {.times = -1, .action = row.action, .at = 0});
                check_fails(kind.path, errc::connection_lost);
                BOOST_TEST(clock->waits == 5);
                BOOST_TEST(body_gets(kind).size() == 1u + 6u);
                BOOST_TEST(left_over() == half);
                hub.forget_requests();
                check_recovers(kind.path);
                const auto gets = body_gets(kind);
                BOOST_REQUIRE(gets.size() == 1u);
                BOOST_TEST(gets[0].from == half);
            }
}

BOOST_FIXTURE_TEST_CASE(a_stalled_body_goes_on_where_it_stalled, FaultFixture)
{
    everywhere(*this, [&](const FileKind& kind, const std::string&, std::uint64_t at) {
        adjust = [](HubOptions& options) { options.timeouts.idle = std::chrono::milliseconds(400); };
        add_body_fault(kind, {.action = FaultAction::stall, .at = at});
        check_arrives(kind.path);
        const auto gets = body_gets(kind);
        BOOST_REQUIRE(gets.size() >= 2u);
        // A busy machine may make more pauses than this one, earlier too; none goes back.
        for (std::size_t i = 1; i < gets.size(); ++i)
            BOOST_TEST(gets[i].from >= gets[i - 1].from);
        BOOST_TEST(gets.back().from >= at);
    });
}

BOOST_FIXTURE_TEST_CASE(a_dripping_body_ends_with_the_time_of_the_call, FaultFixture)
{
    // One byte now and then keeps an idle timer happy for ever; the limit of the whole call must not be.
    for (const auto& kind : {file_kinds[0], file_kinds[2]})
        BOOST_TEST_CONTEXT(kind.path)
        {
            begin_again();
            adjust = [](HubOptions& options) {
                options.timeouts.total = std::chrono::milliseconds(2'000);
                options.clock = nullptr;
            };
            add_body_fault(kind, {.times = -1,
                                  .action = FaultAction::drip,
                                  .at = 1000,
                                  .delay = std::chrono::milliseconds(20)});
            const auto begin = std::chrono::steady_clock::now();
            check_fails(kind.path, errc::timed_out);
            BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(30)));
            BOOST_TEST(left_over() > 0u);
            adjust = nullptr;
            check_recovers(kind.path);
        }
}

BOOST_FIXTURE_TEST_CASE(a_longer_body_is_cut_off_and_never_published, FaultFixture)
{
    for (const auto& kind : file_kinds)
        for (const std::uint64_t extra : {1u, 100'000u})
            BOOST_TEST_CONTEXT(kind.path << " + " << extra)
            {
                begin_again();
                add_body_fault(kind, {.action = FaultAction::long_body, .at = extra});
                check_arrives(kind.path); // the second try
                BOOST_TEST(body_gets(kind).size() == 2u);
                begin_again();
                add_body_fault(kind, {.times = -1, .action = FaultAction::long_body, .at = extra});
                check_fails(kind.path, errc::integrity);
                BOOST_TEST(body_gets(kind).size() == 2u);
                BOOST_TEST(left_over() == 0u);
                check_fails(kind.path, errc::integrity); // nor does it grow with every call
                BOOST_TEST(left_over() == 0u);
                check_recovers(kind.path);
            }
}

BOOST_FIXTURE_TEST_CASE(another_length_is_refused_before_the_body, FaultFixture)
{
    for (const auto& kind : file_kinds)
        for (const int difference : {-1, 1})
            BOOST_TEST_CONTEXT(kind.path << " " << difference)
            {
                begin_again();
                auto content = files.at(kind.path);
                content.resize(content.size() + static_cast<std::size_t>(difference), 'x');
                add_body_fault(kind,
                               {.times = -1, .action = FaultAction::status, .status = 200, .body = content});
                const auto outcome = check_fails(kind.path, errc::integrity);
                BOOST_TEST(outcome.message.find(std::to_string(content.size())) != std::string::npos,
                           outcome.message);
                BOOST_TEST(body_gets(kind).size() == 2u);
                BOOST_TEST(left_over() == 0u); // not a byte of it was taken
                check_recovers(kind.path);
            }
}

BOOST_FIXTURE_TEST_CASE(a_flipped_bit_is_found_and_all_is_fetched_once_more, FaultFixture)
{
    everywhere(*this, [&](const FileKind& kind, const std::string& content, std::uint64_t at) {
        add_body_fault(kind, {.action = FaultAction::flip_bit, .at = at});
        check_arrives(kind.path);
        auto gets = body_gets(kind);
        BOOST_REQUIRE(gets.size() == 2u);
        BOOST_TEST(gets[1].from == 0u);
        BOOST_TEST(gets[1].sent == content.size());
        begin_again();
        add_body_fault(kind, {.times = -1, .action = FaultAction::flip_bit, .at = at});
        const auto outcome = check_fails(kind.path, errc::integrity);
        BOOST_TEST(outcome.name == "OSError");
        BOOST_TEST(outcome.message.find(etag(kind.path)) != std::string::npos, outcome.message);
        BOOST_TEST(body_gets(kind).size() == 2u);
        BOOST_TEST(left_over() == 0u);
        check_recovers(kind.path);
    });
}

BOOST_FIXTURE_TEST_CASE(a_bit_flipped_before_a_break_is_found_at_the_end, FaultFixture)
{
    // The flip is in what was kept: the partial is thrown away, not gone on with for ever.
    for (const auto& kind : file_kinds)
        BOOST_TEST_CONTEXT(kind.path)
        {
            begin_again();
            auto content = files.at(kind.path);
            content[10] = static_cast<char>(content[10] ^ 1);
            write_file(partial(kind.path), content.substr(0, content.size() / 2));
            check_arrives(kind.path);
            const auto gets = body_gets(kind);
            BOOST_REQUIRE(gets.size() == 2u);
            BOOST_TEST(gets[0].from == content.size() / 2);
            BOOST_TEST(gets[1].from == 0u);
        }
}

BOOST_FIXTURE_TEST_CASE(what_is_not_http_is_a_lost_connection, FaultFixture)
{
    for (const auto& kind : file_kinds)
        BOOST_TEST_CONTEXT(kind.path)
        {
            begin_again();
            add_body_fault(kind, {.times = -1, .action = FaultAction::garbage});
            const auto outcome = get(kind.path);
            BOOST_TEST(outcome.error.has_value());
            BOOST_TEST(body_gets(kind).size() <= 6u);
            check_recovers(kind.path);
        }
}

BOOST_FIXTURE_TEST_CASE(a_lost_answer_is_asked_for_again, FaultFixture)
{
    for (const auto& kind : file_kinds)
        BOOST_TEST_CONTEXT(kind.path)
        {
            begin_again();
            add_body_fault(kind, {.times = 3, .action = FaultAction::lose_reply});
            add_head_fault({.times = 2, .action = FaultAction::lose_reply});
            check_arrives(kind.path);
            // What is lost on a connection that was used before may have been closed while idle: that one is
            // free.
            BOOST_TEST(clock->waits >= 4);
            BOOST_TEST(clock->waits <= 5);
        }
}

BOOST_AUTO_TEST_SUITE_END()
