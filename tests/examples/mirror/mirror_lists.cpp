// The work list in an SQLite file.
#include "list_cases.hpp"

#include "sqlite.hpp"

BOOST_AUTO_TEST_SUITE(examples_mirror_lists)

using namespace hfasync;
using namespace hfasync::tests;

namespace {

struct SqliteFixture : ListPlace {
    SqliteFixture()
    {
        make = [this](asio::io_context&, std::string owner, std::chrono::milliseconds lease) {
            return mirror::make_sqlite_list({dir.path() / "sub" / "list.db"}, std::move(owner), lease);
        };
        spoil = [this](const std::string& subject, const std::string& payload) {
            mirror::Database(dir.path() / "sub" / "list.db")
                .run("UPDATE jobs SET payload=? WHERE subject=?", {payload, subject});
        };
    }
    TempFolder dir;
};

} // namespace

MIRROR_LIST_CASES(SqliteFixture)

BOOST_FIXTURE_TEST_CASE(survives_its_process, SqliteFixture)
{
    {
        const auto list = this->list("one");
        wait(list->put(job_of("acme/a")));
        wait(list->put(job_of("acme/b")));
        wait(list->complete(wait(list->claim(1))[0]));
    }
    const auto again = this->list("two");
    BOOST_TEST((wait(again->counts()) == mirror::Counts{.waiting = 1, .done = 1}));
    BOOST_TEST(!wait(again->put(job_of("acme/a"))));
    BOOST_TEST(wait(again->claim(5))[0].repo_id == "acme/b");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_list)
{
    const TempFolder dir;
    std::ofstream(dir.path() / "list.db") << std::string(8192, 'x');
    BOOST_CHECK_THROW(mirror::make_sqlite_list({dir.path() / "list.db"}, "one", std::chrono::seconds(1)),
                      OSError);
    BOOST_CHECK_THROW(mirror::make_sqlite_list({dir.path()}, "one", std::chrono::seconds(1)), OSError);
}

BOOST_AUTO_TEST_SUITE_END()
