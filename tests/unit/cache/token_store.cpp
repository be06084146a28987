// The token files, as huggingface_hub writes and reads them.
#include <hfasync/token_store.hpp>

#include <boost/test/unit_test.hpp>

#include <hfasync/error.hpp>

#include <set>
#include <string>
#include <thread>

#include "unit/cache/temp_dir.hpp"

namespace fs = std::filesystem;
using namespace hfasync;
using hfasync::test::read_file;
using hfasync::test::TempDir;
using hfasync::test::write_file;

namespace {

struct Fixture {
    TempDir dir;
    TokenStore store{dir / "home/token"};

    static unsigned mode(const fs::path& path)
    {
        return static_cast<unsigned>(fs::status(path).permissions()) & 0777u;
    }
};

using Tokens = std::map<std::string, std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(cache_token_store, Fixture)

BOOST_AUTO_TEST_CASE(files_are_byte_by_byte_those_of_the_reference)
{
    store.keep("zeta", "hf_zzz");
    store.keep("My laptop", "hf_aaa");
    store.keep("zeta", "hf_zz2");
    BOOST_TEST(read_file(store.stored_file()) ==
               "[My laptop]\nhf_token = hf_aaa\n\n[zeta]\nhf_token = hf_zz2\n\n");
    BOOST_TEST(!fs::exists(store.token_file()));
    store.activate("zeta");
    BOOST_TEST(read_file(store.token_file()) == "hf_zz2");
    BOOST_TEST((store.tokens() == Tokens{{"My laptop", "hf_aaa"}, {"zeta", "hf_zz2"}}));
    BOOST_TEST(store.active_name().value() == "zeta");
}

BOOST_AUTO_TEST_CASE(two_that_keep_tokens_at_one_time_lose_none)
{
    const auto keep_some = [this](const std::string& whose) {
        const TokenStore own(store.token_file());
        for (int i = 0; i < 40; ++i)
            own.keep(whose + std::to_string(i), "hf_" + whose);
    };
    std::thread other(keep_some, "other");
    keep_some("one");
    other.join();
    BOOST_TEST(store.tokens().size() == 80u);
}

BOOST_AUTO_TEST_CASE(nothing_is_made_where_there_is_nothing_to_forget)
{
    BOOST_TEST(!store.forget_all());
    BOOST_CHECK_THROW(store.forget("none"), ValueError);
    BOOST_TEST(!fs::exists(dir / "home"));
}

BOOST_AUTO_TEST_CASE(nobody_else_can_read_them)
{
    store.keep("a", "hf_a");
    store.activate("a");
    BOOST_TEST(mode(store.token_file()) == 0600u);
    BOOST_TEST(mode(store.stored_file()) == 0600u);
    BOOST_TEST(mode(dir / "home") == 0700u);
    // The reference leaves 0644 behind, and a folder that was there keeps its mode.
    fs::permissions(store.token_file(), fs::perms(0644));
    fs::permissions(dir / "home", fs::perms(0755));
    store.activate("a");
    BOOST_TEST(mode(store.token_file()) == 0600u);
    BOOST_TEST(mode(dir / "home") == 0755u);
    // No temporary stays behind.
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(dir / "home"))
        names.insert(entry.path().filename());
    const std::set<std::string> expected{"token", "stored_tokens", "stored_tokens.lock"};
    BOOST_TEST(names == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_configparser_reads_is_read)
{
    write_file(store.stored_file(),
               "# mine\n; too\n[DEFAULT]\nhf_token = hf_no\n\n[a]\nHF_TOKEN: hf_a\nother = 1\n"
               "[b c]\r\nhf_token=hf_%%b\r\n[empty]\nhf_token =\n[none]\n");
    BOOST_TEST((store.tokens() == Tokens{{"a", "hf_a"}, {"b c", "hf_%b"}}));
    store.keep("b c", "hf_%b");
    BOOST_TEST(read_file(store.stored_file()).find("hf_token = hf_%%b\n") != std::string::npos);
    write_file(store.stored_file(), "no section");
    BOOST_CHECK_THROW(store.tokens(), ValueError);
}

BOOST_AUTO_TEST_CASE(what_renews_a_token_stays_with_it)
{
    const std::string session =
        "[session]\nhf_token = hf_s\nrefresh_token = hf_%r\nexpires_at = 4102444800\n\n";
    write_file(store.stored_file(), session);
    store.keep("other", "hf_o");
    BOOST_TEST(read_file(store.stored_file()) == "[other]\nhf_token = hf_o\n\n" + session);
    store.activate("session");
    BOOST_TEST(store.active().value() == "hf_s");
    store.forget("other");
    BOOST_TEST(read_file(store.stored_file()) == session);
    store.keep("session", "hf_new"); // and goes with it
    BOOST_TEST(read_file(store.stored_file()) == "[session]\nhf_token = hf_new\n\n");
}

BOOST_AUTO_TEST_CASE(a_token_that_is_forgotten_is_no_longer_active)
{
    store.keep("a", "hf_a");
    store.keep("b", "hf_b");
    store.activate("a");
    store.forget("b");
    BOOST_TEST(store.active().value() == "hf_a");
    store.forget("a");
    BOOST_TEST(!fs::exists(store.token_file()));
    BOOST_TEST(!fs::exists(store.stored_file()));
    BOOST_CHECK_THROW(store.forget("a"), ValueError);
    BOOST_CHECK_THROW(store.activate("a"), ValueError);
    BOOST_TEST(!store.forget_all());
    store.keep("a", "hf_a");
    BOOST_TEST(store.forget_all());
    BOOST_TEST(store.tokens().empty());
}

BOOST_AUTO_TEST_CASE(an_active_token_need_not_be_stored)
{
    write_file(store.token_file(), " hf_x\r\n");
    BOOST_TEST(store.active().value() == "hf_x");
    BOOST_TEST(!store.active_name().has_value());
    write_file(store.token_file(), "\n");
    BOOST_TEST(!store.active().has_value());
    BOOST_TEST((TokenStore(dir / "a", dir / "b").stored_file() == dir / "b"));
}

BOOST_AUTO_TEST_CASE(what_would_damage_the_file_is_refused)
{
    for (const auto* name : {"", " a", "a\nb", "a]", "[a", "DEFAULT", "\xff", "a\x1b"})
        BOOST_CHECK_THROW(store.keep(name, "hf_a"), ValueError);
    for (const auto* token : {"", "hf a", "hf_a\n[x]", "hf_\xc3\xa4"})
        BOOST_CHECK_THROW(store.keep("a", token), ValueError);
    BOOST_TEST(!fs::exists(dir / "home"));
}

BOOST_AUTO_TEST_SUITE_END()
