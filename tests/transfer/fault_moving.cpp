// The Hub's side changes while a file is on its way: another commit, a signed URL that runs out, clocks that
// disagree.
#include "transfer/fault_fixture.hpp"

#include <atomic>

#include <hfasync/hf_api.hpp>

using namespace hfasync;
using namespace hfasync::test;
using emulator::FaultAction;
namespace fs = std::filesystem;

namespace {

/// main moves to a commit with other bytes when the client's request `when` has ended.
struct MovingFixture : FaultFixture {
    void move_after(const std::string& method, const FileKind& kind, std::string content)
    {
        next = std::move(content);
        adjust = [this, method, path = kind.path](HubOptions& options) {
            options.on_request = [this, method, path](const RequestReport& report) {
                if (report.method == method && !std::exchange(moved, true)) commit_next(path);
            };
        };
    }
    void commit_next(const std::string& path)
    {
        HubOptions plain;
        plain.endpoint = hub.endpoint();
        plain.token = hub.token();
        Hub other(plain);
        const std::vector<CommitOperation> operations{CommitOperationAdd(path, UploadSource::bytes(next))};
        second = other.block_on(HfApi(other).create_commit("acme/tiny", operations, "Next")).oid;
    }
    /// Bytes of one of the versions, under the commit that has them.
    void check_one_version(const std::string& path)
    {
        const auto outcome = get(path);
        BOOST_TEST(!outcome.error, outcome.message);
        if (outcome.error) return;
        BOOST_TEST(moved);
        const bool is_second = outcome.path.string().find(second) != std::string::npos;
        BOOST_TEST((is_second || outcome.path == pointer(path)));
        BOOST_TEST((read_whole(outcome.path) == (is_second ? next : files.at(path))));
    }

    std::string next;
    std::string second;
    bool moved = false;
};

/// The Hub's time stands in the test's hands.
struct ExpiringFixture : FaultFixture {
    ExpiringFixture() : FaultFixture(with_clock(now)) {}
    static emulator::Options with_clock(std::shared_ptr<std::atomic<std::int64_t>> seconds)
    {
        emulator::Options options;
        options.clock = [seconds] {
            return std::chrono::system_clock::time_point(std::chrono::seconds(seconds->load()));
        };
        options.signed_url_lifetime = std::chrono::hours(1);
        return options;
    }
    inline static const std::shared_ptr<std::atomic<std::int64_t>> now =
        std::make_shared<std::atomic<std::int64_t>>(1'800'000'000);
};

} // namespace

BOOST_AUTO_TEST_SUITE(transfer_fault_moving)

BOOST_FIXTURE_TEST_CASE(a_commit_between_head_and_get_mixes_nothing, MovingFixture)
{
    for (const auto& kind : file_kinds)
        for (const auto size : {files.at(kind.path).size(), files.at(kind.path).size() + 5})
            BOOST_TEST_CONTEXT(kind.path << " becomes " << size)
            {
                begin_again();
                moved = false;
                move_after("HEAD", kind, noise(size, static_cast<std::uint32_t>(size)));
                check_one_version(kind.path);
                commit = std::exchange(second, {});
                files[kind.path] = next;
            }
}

BOOST_FIXTURE_TEST_CASE(a_commit_between_two_parts_mixes_nothing, MovingFixture)
{
    for (const auto& kind : file_kinds)
        for (const auto size : {files.at(kind.path).size(), files.at(kind.path).size() + 5})
            BOOST_TEST_CONTEXT(kind.path << " becomes " << size)
            {
                begin_again();
                moved = false;
                add_body_fault(kind, {.action = FaultAction::reset, .at = files.at(kind.path).size() / 2});
                move_after("GET", kind, noise(size, static_cast<std::uint32_t>(size + 1)));
                check_one_version(kind.path);
                commit = std::exchange(second, {});
                files[kind.path] = next;
            }
}

BOOST_FIXTURE_TEST_CASE(a_url_that_runs_out_between_head_and_get_is_asked_for_again, ExpiringFixture)
{
    const auto kind = file_kinds[2];
    bool later = false;
    adjust = [&](HubOptions& options) {
        options.on_request = [&](const RequestReport& report) {
            if (report.method == "HEAD" && !std::exchange(later, true)) *now += 7200;
        };
    };
    check_arrives(kind.path);
    const auto gets = body_gets(kind);
    BOOST_REQUIRE(gets.size() == 2u);
    BOOST_TEST(gets[0].status == 403);
    BOOST_TEST(gets[1].status == 200);
}

BOOST_FIXTURE_TEST_CASE(a_url_that_runs_out_between_two_parts_is_asked_for_again, ExpiringFixture)
{
    const auto kind = file_kinds[2];
    const auto half = files.at(kind.path).size() / 2;
    bool later = false;
    adjust = [&](HubOptions& options) {
        options.on_request = [&](const RequestReport& report) {
            if (report.method == "GET" && !std::exchange(later, true)) *now += 7200;
        };
    };
    add_body_fault(kind, {.action = FaultAction::reset, .at = half});
    check_arrives(kind.path);
    const auto gets = body_gets(kind);
    BOOST_REQUIRE(gets.size() == 3u);
    BOOST_TEST(gets[1].status == 403);
    BOOST_TEST(gets[2].status == 206);
    BOOST_TEST(gets[2].from == half);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_wall_clock_neither_hides_a_change_nor_waits, FaultFixture)
{
    constexpr std::chrono::hours ten_years(24 * 3652);
    for (const auto skew : {-ten_years, std::chrono::hours(0), ten_years})
        for (const auto& kind : file_kinds)
            BOOST_TEST_CONTEXT(kind.path << " skew " << skew.count())
            {
                begin_again();
                const auto folder = dir / "plain";
                fs::remove_all(folder);
                const auto told = std::make_shared<ToldClock>();
                told->skew = skew;
                adjust = [&](HubOptions& options) { options.clock = told; };
                add_body_fault(kind, {.action = FaultAction::reset, .at = 0});
                BOOST_TEST((read_whole(get_path(kind.path, {.local_dir = folder})) == files.at(kind.path)));
                // What the user changed is seen whatever the clock says: also when the file is newer than
                // now.
                for (const auto age : {-ten_years, ten_years}) {
                    write_file(folder / kind.path, "changed");
                    fs::last_write_time(folder / kind.path, fs::file_time_type::clock::now() + age);
                    const auto seen_before = hub.requests().size();
                    (void)get_path(kind.path, {.local_dir = folder, .force_download = true});
                    BOOST_TEST((read_whole(folder / kind.path) == files.at(kind.path)));
                    BOOST_TEST(hub.requests().size() > seen_before);
                }
                for (const auto wait : told->waits) {
                    BOOST_TEST(wait >= 0.0);
                    BOOST_TEST(wait <= 8.0);
                }
            }
}

BOOST_FIXTURE_TEST_CASE(a_change_in_a_folder_is_seen_with_a_clock_that_is_slow, FaultFixture)
{
    // The metadata's time is ten years ago, so the file is newer: it is not taken as current unread.
    const auto told = std::make_shared<ToldClock>();
    told->skew = std::chrono::hours(-24 * 3652);
    adjust = [&](HubOptions& options) { options.clock = told; };
    for (const auto& kind : file_kinds) {
        const auto folder = dir / "plain";
        (void)get_path(kind.path, {.local_dir = folder});
        write_file(folder / kind.path, "changed");
        (void)get_path(kind.path, {.local_dir = folder});
        BOOST_TEST((read_whole(folder / kind.path) == files.at(kind.path)), kind.path);
    }
}

BOOST_AUTO_TEST_SUITE_END()
