// The options of both methods.
#include "transfer/warning_fixture.hpp"

#include <map>
#include <set>

#include "cache/refs.hpp"

BOOST_AUTO_TEST_SUITE(transfer_download_options)

using namespace hfasync;
using namespace hfasync::test;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_CASE(old_options_warn_once_each, WarningFixture)
{
    get_warned("config.json");
    snapshot_warned();
    BOOST_TEST(warnings.size() == 0u);
    get_warned("config.json", {.local_dir_use_symlinks = Json::parse("\"auto\"")});
    BOOST_TEST(warnings.size() == 0u);
    get_warned("config.json", {.resume_download = true});
    BOOST_TEST(warnings.size() == 1u);
    get_warned("config.json", {.resume_download = false});
    BOOST_TEST(warnings.size() == 2u);
    get_warned("config.json", {.force_filename = "other.json"});
    BOOST_TEST(warnings.size() == 3u);
    BOOST_TEST(!fs::exists(repo() / "snapshots" / commit / "other.json"));
    get_warned("config.json", {.local_dir_use_symlinks = Json::parse("true")});
    BOOST_TEST(warnings.size() == 4u);
    snapshot_warned({.local_dir_use_symlinks = Json::parse("false"), .resume_download = true});
    BOOST_TEST(warnings.size() == 6u);
    BOOST_TEST(std::set<std::string>(warnings.begin(), warnings.end()).size() == 3u);
    BOOST_TEST((
        read_file(snapshot_warned({.local_dir = dir / "out", .local_dir_use_symlinks = Json::parse("true")}) /
                  "config.json") == content("config.json")));
    BOOST_TEST(!fs::is_symlink(dir / "out/config.json"));
    // Without a sink they are dropped.
    get("config.json", {.resume_download = true});
}

BOOST_FIXTURE_TEST_CASE(subfolder_type_revision_and_cache_dir, DownloadFixture)
{
    const auto data_commit =
        hub.seed_repo("acme/tiny", {{"data/train.csv", "of the dataset"}}, RepoType::dataset);
    BOOST_TEST(get("train.csv", {.subfolder = "data"}) == pointer("data/train.csv"));
    BOOST_TEST(get("config.json", {.subfolder = ""}) == pointer("config.json"));
    const auto at =
        get("train.csv", {.subfolder = "data", .repo_type = "dataset", .cache_dir = dir / "else"});
    BOOST_TEST(at == dir / "else/datasets--acme--tiny/snapshots" / data_commit / "data/train.csv");
    BOOST_TEST(read_file(at) == "of the dataset");
    BOOST_TEST(get("config.json", {.repo_type = "model", .revision = commit}) == pointer("config.json"));
    BOOST_CHECK_THROW(get("train.csv", {.subfolder = "../data"}), ValueError);
    BOOST_CHECK_THROW(get("config.json", {.repo_type = "webhook"}), ValueError);
}

BOOST_FIXTURE_TEST_CASE(patterns_are_pythons, DownloadFixture)
{
    use_repo("acme/patterns", {{"a.bin", "1"},
                               {"sub/b.bin", "2"},
                               {"sub/deep/c.BIN", "3"},
                               {"sub/x1.txt", "4"},
                               {"sub/x2.txt", "5"},
                               {"odd[1].txt", "6"}});
    const auto chosen = [&](SnapshotDownloadOptions how) {
        fs::remove_all(dir / "hub");
        std::set<std::string> names;
        const auto folder = snapshot(std::move(how));
        if (fs::exists(folder))
            for (const auto& entry : fs::recursive_directory_iterator(folder))
                if (!entry.is_directory()) names.insert(entry.path().lexically_relative(folder).string());
        return names;
    };
    using Set = std::set<std::string>;
    BOOST_TEST(
        (chosen({.allow_patterns = "*.bin"}) == Set{"a.bin", "sub/b.bin"})); // '*' matches '/', case counts
    BOOST_TEST((chosen({.allow_patterns = "sub/"}) ==
                Set{"sub/b.bin", "sub/deep/c.BIN", "sub/x1.txt", "sub/x2.txt"}));
    BOOST_TEST((chosen({.allow_patterns = "sub"}) == Set{}));
    BOOST_TEST((chosen({.allow_patterns = "sub/x[!1].txt"}) == Set{"sub/x2.txt"}));
    BOOST_TEST((chosen({.allow_patterns = "odd[[]1].txt"}) == Set{"odd[1].txt"}));
    BOOST_TEST((chosen({.allow_patterns = "?.bin"}) == Set{"a.bin"}));
    BOOST_TEST((chosen({.allow_patterns = "sub/*", .ignore_patterns = Strings{"*.txt", "*deep/*"}}) ==
                Set{"sub/b.bin"}));
    BOOST_TEST((chosen({.ignore_patterns = "*"}) == Set{}));
}

BOOST_FIXTURE_TEST_CASE(proxies_of_the_call, DownloadFixture)
{
    const auto proxies = [](std::map<std::string, std::string> list) { return list; };
    const std::string nobody = "http://127.0.0.1:1"; // nothing listens there
    auto how = options();
    how.retry.max_retries = 0;
    Hub client(how);
    const DownloadsApi api(client);
    const auto fetch = [&](std::map<std::string, std::string> list) {
        return client.block_on(api.hf_hub_download("acme/tiny", "config.json",
                                                   {.force_download = true, .proxies = std::move(list)}));
    };
    for (const char* key : {"http", "all"}) {
        BOOST_CHECK_THROW(fetch(proxies({{key, nobody}})), Error);
        BOOST_CHECK_THROW(
            client.block_on(api.snapshot_download("acme/tiny", {.proxies = proxies({{key, nobody}})})),
            Error);
    }
    BOOST_TEST(hub.requests().size() == 0u);
    fetch(proxies({{"https", nobody}})); // of the other scheme
    fetch(proxies({{"all", nobody}, {"no_proxy", "example.com, 127.0.0.1"}}));
    BOOST_TEST(hub.requests().size() > 0u);
    BOOST_CHECK_THROW(fetch(proxies({{"ftp", nobody}})), ValueError);
}

BOOST_FIXTURE_TEST_CASE(offline_and_local_files_only_make_no_request, WarningFixture)
{
    snapshot_warned();
    get_warned("config.json", {.local_dir = dir / "out"});
    hub.forget_requests();
    auto how = options();
    how.offline = true;
    how.on_warning = [this](const std::string& text) { warnings.push_back(text); };
    Hub offline(how);
    const DownloadsApi api(offline);
    BOOST_TEST(offline.block_on(api.snapshot_download("acme/tiny", {.revision = commit})) ==
               repo() / "snapshots" / commit);
    BOOST_TEST(warnings.size() == 0u);
    offline.block_on(api.hf_hub_download("acme/tiny", "config.json", {.local_dir = dir / "out"}));
    BOOST_TEST(warnings.size() == 1u); // the reference warns too: the file may be old
    BOOST_TEST(snapshot({.local_files_only = true}) == repo() / "snapshots" / commit);
    get("config.json", {.local_dir = dir / "out", .local_files_only = true});
    BOOST_CHECK_THROW(get("nope.bin", {.local_files_only = true}), LocalEntryNotFoundError);
    BOOST_TEST(hub.requests().size() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_the_hub_does_not_have_is_looked_up_before_snapshots, DownloadFixture)
{
    using detail::CachedEntry;
    const detail::RepoLayout layout(dir / "hub", RepoType::model, "acme/tiny");
    const auto look = [&](const char* path) { return detail::look_up(layout, "main", path).entry; };
    BOOST_TEST((look("nope.txt") == CachedEntry::unknown));
    BOOST_CHECK_THROW(get("nope.txt"), EntryNotFoundError);
    get("config.json");
    BOOST_TEST((look("nope.txt") == CachedEntry::no_exist));
    BOOST_TEST((look("config.json") == CachedEntry::there));
    BOOST_TEST((look("other.txt") == CachedEntry::unknown));
    try {
        get("nope.txt", {.local_files_only = true});
        BOOST_ERROR("it is not there");
    } catch (const LocalEntryNotFoundError& error) {
        BOOST_TEST(std::string(error.message()).find("it had no such file") != std::string::npos);
    }
}

BOOST_FIXTURE_TEST_CASE(a_token_that_must_be_there_is_asked_for_before_the_cache, DownloadFixture)
{
    get("config.json");
    auto how = options();
    how.token = {};
    Hub client(how);
    const DownloadsApi api(client);
    BOOST_CHECK_THROW(
        client.block_on(api.hf_hub_download("acme/tiny", "config.json", {.revision = commit, .token = true})),
        LocalTokenNotFoundError);
    client.block_on(api.hf_hub_download("acme/tiny", "config.json", {.token = false}));
    for (const auto& seen : hub.requests())
        for (const auto& [name, value] : seen.headers)
            if (name == "Authorization") BOOST_TEST(value == "Bearer " + hub.token());
}

BOOST_AUTO_TEST_SUITE_END()
