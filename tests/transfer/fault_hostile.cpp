// Text of a server that would become a path, links that somebody has planted, names that collide.
#include "transfer/fault_fixture.hpp"

#include <set>

#include <fmt/format.h>

using namespace hfasync;
using namespace hfasync::test;
using emulator::FaultAction;
namespace fs = std::filesystem;

namespace {

struct HostileFixture : FaultFixture {
    /// Everything below the test's folder, links as such.
    std::set<std::string> all_paths() const
    {
        std::set<std::string> out;
        for (const auto& entry : fs::recursive_directory_iterator(dir.path()))
            out.insert(entry.path().lexically_relative(dir.path()).string());
        return out;
    }
    void answer_head(const std::string& tag, const std::string& told_commit, std::size_t size)
    {
        add_head_fault({.times = -1,
                        .action = FaultAction::status,
                        .status = 200,
                        .headers = {{"X-Linked-Etag", tag},
                                    {"X-Repo-Commit", told_commit},
                                    {"X-Linked-Size", std::to_string(size)}}});
    }
    /// The answer to the question for a revision's commit and files.
    void answer_info(const std::string& sha, const std::vector<std::string>& names)
    {
        std::string body = R"({"id":"acme/tiny","sha":")" + sha + R"(","siblings":[)";
        for (const auto& name : names) {
            body += body.back() == '[' ? "" : ",";
            body += R"({"rfilename":")" + name + "\"}";
        }
        hub.add_fault({.method = "GET",
                       .path = "/api/models/acme/tiny*",
                       .times = -1,
                       .action = FaultAction::status,
                       .status = 200,
                       .headers = {{"Content-Type", "application/json"}},
                       .body = body + "]}"});
    }
    fs::path snapshot(SnapshotDownloadOptions how = {})
    {
        Hub client(options());
        return client.block_on(DownloadsApi(client).snapshot_download("acme/tiny", std::move(how)));
    }
};

const std::vector<std::string> hostile_etags{"\"../../../X\"", "\"/tmp/hfasync-hostile\"",
                                             "\"..\"",         "\".\"",
                                             "\"a/b\"",        "\"a\\\\b\"",
                                             "\".hidden\"",    "\"x.incomplete\"",
                                             "\"x.lock\"",     "\"a b\"",
                                             "\"\xc3\xbc\"",   "W/\"../X\"",
                                             "\"a%2fb\"",      "\"" + std::string(129, 'a') + "\""};

const std::vector<std::string> hostile_commits{"../../../../X",
                                               "/tmp/hfasync-hostile",
                                               "main",
                                               "..",
                                               "0123456789012345678901234567890123456789/..",
                                               "0123456789ABCDEF0123456789ABCDEF01234567"};

const std::vector<std::string> hostile_names{
    "../x",      "/tmp/x", "a/../../x", "a/./b", "..",
    ".",         "a//b",   "a\\\\b",    "C:x",   "a\\u0000b",
    "a\\u001bb", "a\\nb",  "",          "a/",    "very" + std::string(300, 'x')};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_fault_hostile, HostileFixture)

BOOST_AUTO_TEST_CASE(a_hostile_etag_touches_no_file)
{
    for (const auto& tag : hostile_etags)
        for (const bool plain : {false, true})
            BOOST_TEST_CONTEXT(tag << (plain ? " into a folder" : ""))
            {
                begin_again();
                const auto before = all_paths();
                answer_head(tag, commit, 100'000);
                HfHubDownloadOptions how;
                if (plain) how.local_dir = dir / "plain";
                const auto outcome = check_fails("small.txt", errc::file_metadata, how);
                BOOST_TEST(outcome.name == "FileMetadataError");
                BOOST_TEST((all_paths() == before));
                BOOST_TEST(!fs::exists("/tmp/hfasync-hostile"));
                BOOST_TEST(body_gets(file_kinds[0]).size() == 0u);
            }
}

BOOST_AUTO_TEST_CASE(a_hostile_etag_is_not_hidden_by_a_cached_file)
{
    check_arrives("small.txt");
    answer_head("\"../../../X\"", commit, 100'000);
    const auto outcome = get("small.txt");
    BOOST_REQUIRE(outcome.error);
    BOOST_TEST((*outcome.error == errc::file_metadata));
}

BOOST_AUTO_TEST_CASE(a_hostile_commit_touches_no_file)
{
    for (const auto& told : hostile_commits)
        for (const bool plain : {false, true})
            BOOST_TEST_CONTEXT(told << (plain ? " into a folder" : ""))
            {
                begin_again();
                const auto before = all_paths();
                answer_head("\"" + etag("small.txt") + "\"", told, 100'000);
                fs::remove(dir / "etag-of");
                HfHubDownloadOptions how;
                if (plain) how.local_dir = dir / "plain";
                check_fails("small.txt", errc::file_metadata, how);
                auto after = all_paths();
                after.insert("etag-of");
                auto wanted = before;
                wanted.insert("etag-of");
                BOOST_TEST((after == wanted));
            }
}

BOOST_AUTO_TEST_CASE(a_hostile_commit_of_a_snapshot_touches_no_file)
{
    for (const auto& told : hostile_commits)
        BOOST_TEST_CONTEXT(told)
        {
            begin_again();
            const auto before = all_paths();
            answer_info(told, {"small.txt"});
            BOOST_CHECK_THROW(snapshot(), Error);
            BOOST_TEST((all_paths() == before));
        }
}

BOOST_AUTO_TEST_CASE(a_hostile_name_in_a_listing_touches_no_file)
{
    auto names = hostile_names;
    for (const auto& name : names)
        for (const bool plain : {false, true})
            BOOST_TEST_CONTEXT("'" << name << "'" << (plain ? " into a folder" : ""))
            {
                begin_again();
                const auto before = all_paths();
                answer_info(commit, {"small.txt", name});
                SnapshotDownloadOptions how;
                if (plain) how.local_dir = dir / "plain";
                BOOST_CHECK_THROW(snapshot(how), Error);
                BOOST_TEST((all_paths() == before));
            }
    for (const std::string name :
         {".git/config", "a/.GIT/hooks/x", ".cache/huggingface/download/x", ".Cache/HuggingFace/x"})
        BOOST_TEST_CONTEXT("'" << name << "' into a folder")
        {
            begin_again();
            const auto before = all_paths();
            answer_info(commit, {"small.txt", name});
            BOOST_CHECK_THROW(snapshot({.local_dir = dir / "plain"}), Error);
            BOOST_TEST((all_paths() == before));
        }
}

BOOST_AUTO_TEST_CASE(hashes_of_a_listing_that_are_none_are_asked_for_by_head)
{
    for (const std::string oid : {"../../../X", "", "/tmp/x", "0123"}) {
        begin_again();
        std::string body = "[";
        for (const auto& [path, text] : files)
            body +=
                (body.size() > 1 ? "," : "") +
                fmt::format(R"({{"type":"file","path":"{}","oid":"{}","size":{}}})", path, oid, text.size());
        hub.add_fault({.method = "GET",
                       .path = "/api/models/acme/tiny/tree/*",
                       .times = -1,
                       .action = FaultAction::status,
                       .status = 200,
                       .headers = {{"Content-Type", "application/json"}},
                       .body = body + "]"});
        const auto folder = snapshot();
        for (const auto& [path, text] : files)
            BOOST_TEST((read_whole(folder / path) == text), path);
        BOOST_TEST(heads() >= 3u);
        check_invariants({});
    }
}

BOOST_AUTO_TEST_CASE(a_hash_of_a_listing_that_is_another_file_is_not_published)
{
    // A listing that names the blob of one file for the other: each is checked by what it is to be.
    const auto wrong = std::string(40, 'a');
    std::string body = "[";
    for (const auto& [path, text] : files)
        body +=
            (body.size() > 1 ? "," : "") +
            fmt::format(R"({{"type":"file","path":"{}","oid":"{}","size":{}}})", path, wrong, text.size());
    hub.add_fault({.method = "GET",
                   .path = "/api/models/acme/tiny/tree/*",
                   .times = -1,
                   .action = FaultAction::status,
                   .status = 200,
                   .headers = {{"Content-Type", "application/json"}},
                   .body = body + "]"});
    BOOST_CHECK_THROW(snapshot(), IntegrityError);
    check_invariants({});
    hub.clear_faults();
    const auto folder = snapshot();
    for (const auto& [path, text] : files)
        BOOST_TEST((read_whole(folder / path) == text), path);
}

BOOST_AUTO_TEST_CASE(planted_links_in_a_folder_are_never_followed)
{
    const auto state = fs::path("plain/.cache/huggingface/download");
    const auto tag = etag("small.txt");
    // What is planted, and whether the download may go on (the link is then replaced).
    for (const std::string& planted :
         {std::string("plain/small.txt"), (state / "small.txt.metadata").string(),
          (state / "small.txt.lock").string(), (state / ("small.txt." + tag + ".incomplete")).string()})
        BOOST_TEST_CONTEXT(planted)
        {
            begin_again();
            fs::remove_all(dir / "plain");
            write_file(dir / "victim", "keep");
            fs::create_directories((dir / planted).parent_path());
            fs::create_symlink(dir / "victim", dir / planted);
            std::optional<errc> error;
            try {
                (void)get_path("small.txt", {.local_dir = dir / "plain"});
            } catch (const OSError& failure) {
                error = failure.code();
            }
            BOOST_TEST(read_whole(dir / "victim") == "keep");
            if (!error) {
                BOOST_TEST((read_whole(dir / "plain/small.txt") == files.at("small.txt")));
                BOOST_TEST(!fs::is_symlink(dir / "plain/small.txt"));
            } else {
                BOOST_TEST(!fs::exists(dir / "plain/small.txt"));
            }
        }
    for (const std::string planted :
         {"plain/.cache", "plain/.cache/huggingface", "plain/.cache/huggingface/download"})
        BOOST_TEST_CONTEXT(planted)
        {
            begin_again();
            fs::remove_all(dir / "plain");
            fs::remove_all(dir / "elsewhere");
            fs::create_directories(dir / "elsewhere");
            fs::create_directories((dir / planted).parent_path());
            fs::create_directory_symlink(dir / "elsewhere", dir / planted);
            BOOST_CHECK_THROW(get_path("small.txt", {.local_dir = dir / "plain"}), OSError);
            BOOST_TEST(fs::is_empty(dir / "elsewhere"));
        }
}

BOOST_AUTO_TEST_CASE(planted_links_in_the_cache_are_never_followed)
{
    write_file(dir / "victim", files.at("small.txt")); // of the right size and content, even
    const auto lock = dir / "hub/.locks/models--acme--tiny" / (etag("small.txt") + ".lock");
    const auto link = pointer("small.txt");
    for (const auto& planted : {lock, link})
        BOOST_TEST_CONTEXT(planted)
        {
            begin_again();
            fs::create_directories(planted.parent_path());
            fs::create_symlink(dir / "victim", planted);
            try {
                const auto path = get_path("small.txt");
                BOOST_TEST((read_whole(path) == files.at("small.txt")));
                check_invariants({}); // the snapshot's link leads into blobs/
            } catch (const OSError&) {
                BOOST_TEST(!fs::exists(repo() / "blobs" / etag("small.txt")));
            }
            BOOST_TEST((read_whole(dir / "victim") == files.at("small.txt")));
        }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_also_a_folder_is_an_error)
{
    for (const bool plain : {false, true}) {
        begin_again();
        answer_info(commit, {"small.txt", "small.txt/inner", "lfs.bin"});
        SnapshotDownloadOptions how;
        if (plain) how.local_dir = dir / "plain";
        BOOST_CHECK_THROW(snapshot(how), Error);
        hub.clear_faults();
        if (!plain) check_arrives("small.txt");
    }
    // One after the other, into a folder that has the other kind.
    write_file(dir / "plain2/small.txt/inner", "a folder of the user");
    BOOST_CHECK_THROW(get_path("small.txt", {.local_dir = dir / "plain2"}), OSError);
    BOOST_TEST(read_whole(dir / "plain2/small.txt/inner") == "a folder of the user");
}

BOOST_AUTO_TEST_CASE(names_that_differ_in_case_or_form_are_two_files)
{
    // Where the file system folds them this must be an error; this one is probed first.
    write_file(dir / "probe", "");
    const bool folds = fs::exists(dir / "PROBE");
    const std::vector<std::pair<std::string, std::string>> both{{"A.txt", "upper"},
                                                                {"a.txt", "lower"},
                                                                {"\xc3\xa9.txt", "composed"},
                                                                {"e\xcc\x81.txt", "decomposed"}};
    hub.seed_repo("acme/case", both);
    Hub client(options());
    const DownloadsApi api(client);
    const auto fetch = [&] {
        return client.block_on(api.snapshot_download("acme/case", {.local_dir = dir / "plain"}));
    };
    if (folds) {
        BOOST_CHECK_THROW(fetch(), Error);
        return;
    }
    const auto folder = fetch();
    for (const auto& [path, text] : both)
        BOOST_TEST(read_whole(folder / path) == text);
}

BOOST_AUTO_TEST_CASE(a_failed_download_keeps_the_old_file_of_a_folder)
{
    const auto folder = dir / "plain";
    for (const auto& kind : file_kinds)
        for (const int status : {503, 404, 403})
            BOOST_TEST_CONTEXT(kind.path << " " << status)
            {
                begin_again();
                fs::remove_all(folder);
                write_file(folder / kind.path, "the user's old copy");
                add_body_fault(kind, {.action = FaultAction::reset, .at = 1000});
                add_body_fault(kind, {.times = -1, .action = FaultAction::status, .status = status});
                BOOST_CHECK_THROW(get_path(kind.path, {.local_dir = folder}), Error);
                BOOST_TEST(read_whole(folder / kind.path) == "the user's old copy");
                hub.clear_faults();
                (void)get_path(kind.path, {.local_dir = folder});
                BOOST_TEST((read_whole(folder / kind.path) == files.at(kind.path)));
            }
}

BOOST_AUTO_TEST_SUITE_END()
