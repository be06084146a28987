// What a scan sees, what it complains of, and what a deletion takes.
#include "cache/scan.hpp"

#include <hfasync/error.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "cache/delete_plan.hpp"
#include "cache/file_lock.hpp"
#include "unit/cache/temp_dir.hpp"

BOOST_AUTO_TEST_SUITE(cache_scan)

namespace fs = std::filesystem;
using namespace hfasync;
using namespace hfasync::detail;
using hfasync::test::TempDir;
using hfasync::test::write_file;

namespace {

const std::string first(40, '1'), second(40, '2');

/// models--acme--tiny: two revisions that share a blob; `first` is main and refs/pr/1, `second` is detached.
struct Fixture {
    TempDir dir;
    fs::path root = fs::canonical(dir.path());
    fs::path repo = root / "models--acme--tiny";

    Fixture()
    {
        write_file(repo / "blobs/shared", "shared");
        write_file(repo / "blobs/old", "old!");
        write_file(repo / "blobs/new", "newest");
        link(first, "a.txt", "shared");
        link(first, "d/b.txt", "old");
        link(second, "a.txt", "shared");
        link(second, "d/b.txt", "new");
        write_file(repo / "refs/main", first);
        write_file(repo / "refs/refs/pr/1", first);
    }
    void link(const std::string& commit, const std::string& path, const std::string& blob)
    {
        const auto at = repo / "snapshots" / commit / path;
        fs::create_directories(at.parent_path());
        fs::create_symlink(
            path.find('/') == std::string::npos ? "../../blobs/" + blob : "../../../blobs/" + blob, at);
    }
    CachedRepoInfo scanned() const
    {
        const auto result = scan_cached_repo(repo);
        BOOST_REQUIRE_MESSAGE(result.repo, result.warning);
        return *result.repo;
    }
    std::string warning() const { return scan_cached_repo(repo).warning; }
    HFCacheInfo info() const { return {.size_on_disk = 0, .repos = {scanned()}, .warnings = {}}; }
    CacheDeletion carry_out(const DeleteCacheStrategy& strategy) const
    {
        CacheDeletion done;
        for (const auto& deletion : deletions_by_repo(strategy))
            delete_from_repo(deletion, {strategy.revisions.begin(), strategy.revisions.end()}, done);
        return done;
    }
    /// No link of a snapshot leads nowhere, nothing was left behind half deleted.
    void check_whole() const
    {
        for (const auto& entry : fs::recursive_directory_iterator(root)) {
            BOOST_TEST((!entry.is_symlink() || fs::exists(entry.path())), entry.path());
            BOOST_TEST(!entry.path().filename().string().starts_with(".deleted-"), entry.path());
        }
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(every_field_is_read, Fixture)
{
    const timespec times[2] = {{1'700'000'000, 123'456'789}, {1'600'000'000, 987'654'321}};
    for (const char* blob : {"shared", "old", "new"})
        BOOST_REQUIRE(::utimensat(AT_FDCWD, (repo / "blobs" / blob).c_str(), times, 0) == 0);
    const auto tiny = scanned();
    BOOST_TEST(tiny.repo_id == "acme/tiny");
    BOOST_TEST((tiny.repo_type == RepoType::model));
    BOOST_TEST(tiny.repo_path == repo);
    BOOST_TEST(tiny.size_on_disk == 16u);
    BOOST_TEST(tiny.nb_files == 3u);
    const Timestamp accessed(std::chrono::microseconds(1'700'000'000'123'456));
    const Timestamp modified(std::chrono::microseconds(1'600'000'000'987'654));
    BOOST_TEST((tiny.last_accessed == accessed));
    BOOST_TEST((tiny.last_modified == modified));
    BOOST_REQUIRE(tiny.revisions.size() == 2u);
    const auto& main = tiny.revisions[0];
    BOOST_TEST(main.commit_hash == first);
    BOOST_TEST(main.snapshot_path == repo / "snapshots" / first);
    BOOST_TEST(main.size_on_disk == 10u);
    BOOST_TEST((main.refs == std::vector<std::string>{"main", "refs/pr/1"}));
    BOOST_TEST((main.last_modified == modified));
    BOOST_TEST(tiny.revisions[1].refs.empty());
    BOOST_REQUIRE(main.nb_files() == 2u);
    const CachedFileInfo b{.file_name = "b.txt",
                           .file_path = repo / "snapshots" / first / "d/b.txt",
                           .blob_path = repo / "blobs/old",
                           .size_on_disk = 4,
                           .blob_last_accessed = accessed,
                           .blob_last_modified = modified};
    BOOST_TEST((main.files[1] == b));
    const std::map<std::string, std::string> refs{{"main", first}, {"refs/pr/1", first}};
    BOOST_TEST((tiny.refs() == refs));
}

BOOST_FIXTURE_TEST_CASE(files_without_links_and_links_of_other_shapes_count, Fixture)
{
    write_file(repo / "snapshots" / first / "plain.txt", "plain"); // where there are no links
    fs::create_symlink(repo / "blobs/shared", repo / "snapshots" / first / "absolute");
    const auto main = scanned().revisions[0];
    BOOST_TEST(main.size_on_disk == 15u); // a.txt and `absolute` are one blob
    for (const auto& file : main.files) {
        if (file.file_name == "plain.txt") BOOST_TEST(file.blob_path == file.file_path);
        if (file.file_name == "absolute") BOOST_TEST(file.blob_path == repo / "blobs/shared");
    }
    BOOST_TEST(scanned().size_on_disk == 21u);
}

BOOST_FIXTURE_TEST_CASE(what_others_leave_in_a_repo_is_no_part_of_it, Fixture)
{
    const auto before = scanned();
    write_file(repo / "blobs/aaaa.incomplete", "half");
    write_file(repo / "blobs/aaaa.0123abcd.incomplete", "half");
    write_file(repo / "blobs/.tmp-1-2", "x");
    write_file(repo / ".no_exist" / first / "no.txt", "");
    write_file(repo / "trees" / (first + ".json"), "{}");
    write_file(repo / "snapshots/.DS_Store", "x");
    write_file(repo / "refs/.DS_Store", "x");
    BOOST_TEST((scanned() == before));
    write_file(root / "CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55");
    write_file(root / ".locks/models--acme--tiny/shared.lock", "");
    BOOST_TEST((list_cache_dir(root) == std::vector<fs::path>{repo}));
    write_file(root / "blobs/ab/abcd", "x");
    BOOST_TEST(list_cache_dir(root).size() == 2u); // a stranger
    write_file(root / "blobs/.huggingface-shared-blobs", "1\n");
    BOOST_TEST((list_cache_dir(root) == std::vector<fs::path>{repo}));
}

BOOST_FIXTURE_TEST_CASE(an_empty_revision_has_the_times_of_its_folder, Fixture)
{
    fs::remove_all(repo / "snapshots");
    fs::remove_all(repo / "refs");
    fs::create_directories(repo / "snapshots" / first);
    const auto tiny = scanned();
    BOOST_TEST(tiny.nb_files == 0u);
    BOOST_TEST((tiny.last_modified > Timestamp{}));
    BOOST_TEST((tiny.revisions.at(0).last_modified > Timestamp{}));
}

BOOST_FIXTURE_TEST_CASE(a_ref_without_its_snapshot_drops_the_repo, Fixture)
{
    write_file(repo / "refs/x'y", std::string(40, '3') + "\n");
    BOOST_TEST(warning() == "Reference(s) refer to missing commit hashes: {'" + std::string(40, '3') +
                                "\\n': {\"x'y\"}} (" + repo.string() + ").");
}

BOOST_FIXTURE_TEST_CASE(a_broken_link_drops_the_repo, Fixture)
{
    fs::remove(repo / "blobs/old");
    BOOST_TEST(warning() == "Blob missing (broken symlink): " + (repo / "blobs/old").string());
}

BOOST_FIXTURE_TEST_CASE(stray_files_drop_the_repo, Fixture)
{
    write_file(repo / "snapshots/stray", "x");
    BOOST_TEST(warning() ==
               "Snapshots folder corrupted. Found a file: " + (repo / "snapshots/stray").string());
    fs::remove_all(repo / "snapshots");
    BOOST_TEST(warning() == "Snapshots dir doesn't exist in cached repo: " + (repo / "snapshots").string());
    fs::create_directories(repo / "snapshots");
    fs::remove_all(repo / "refs");
    write_file(repo / "refs", "x");
    BOOST_TEST(warning() == "Refs directory cannot be a file: " + (repo / "refs").string());
}

BOOST_FIXTURE_TEST_CASE(names_decide_what_a_folder_is, Fixture)
{
    const auto why = [&](const std::string& name) {
        fs::create_directories(root / name / "snapshots");
        return scan_cached_repo(root / name).warning;
    };
    const auto in = [&](const std::string& name) { return (root / name).string(); };
    BOOST_TEST(why("nonsense") == "Repo path is not a valid HuggingFace cache directory: " + in("nonsense"));
    BOOST_TEST(why("papers--x") ==
               "Repo type must be `dataset`, `model` or `space`, found `paper` (" + in("papers--x") + ").");
    write_file(root / "file", "x");
    BOOST_TEST(scan_cached_repo(root / "file").warning == "Repo path is not a directory: " + in("file"));
    BOOST_TEST(why("datasets--rows") == "");
    BOOST_TEST(parse_repo_folder("datasets--a--b--c")->repo_id == "a/b/c");
    BOOST_TEST((parse_repo_folder("spaces--a")->type == RepoType::space));
    BOOST_TEST(!parse_repo_folder(".locks"));
}

BOOST_AUTO_TEST_CASE(a_cache_must_be_a_folder)
{
    const TempDir dir;
    BOOST_CHECK_THROW(open_cache_dir(dir / "none"), FileNotFoundError);
    write_file(dir / "file", "x");
    BOOST_CHECK_THROW(open_cache_dir(dir / "file"), ValueError);
    BOOST_TEST(open_cache_dir(dir.path()) == fs::canonical(dir.path()));
}

BOOST_FIXTURE_TEST_CASE(a_plan_takes_what_no_other_revision_needs, Fixture)
{
    const auto plan = info().delete_revisions({second, std::string(40, '9')});
    BOOST_TEST((plan.snapshots == std::vector{repo / "snapshots" / second}));
    BOOST_TEST((plan.blobs == std::vector{repo / "blobs/new"}));
    BOOST_TEST(plan.refs.empty());
    BOOST_TEST(plan.repos.empty());
    BOOST_TEST(plan.expected_freed_size == 6u);
    BOOST_TEST((plan.not_found == std::vector{std::string(40, '9')}));
    const auto all = info().delete_revisions({first, second});
    BOOST_TEST((all.repos == std::vector{repo}));
    BOOST_TEST(all.expected_freed_size == 16u);
    BOOST_TEST(all.blobs.empty());
    const auto main = info().delete_revisions(first);
    BOOST_TEST((main.refs == std::vector{repo / "refs/main", repo / "refs/refs/pr/1"}));
}

BOOST_FIXTURE_TEST_CASE(a_deletion_leaves_the_other_revision_whole, Fixture)
{
    write_file(repo / ".no_exist" / first / "no.txt", "");
    write_file(repo / "trees" / (first + ".json"), "{}");
    const auto done = carry_out(info().delete_revisions(first));
    BOOST_TEST(done.kept.empty());
    BOOST_TEST(done.freed_size == 4u);
    BOOST_TEST(!fs::exists(repo / "snapshots" / first));
    BOOST_TEST(!fs::exists(repo / "refs/main"));
    BOOST_TEST(!fs::exists(repo / ".no_exist" / first));
    BOOST_TEST(!fs::exists(repo / "trees" / (first + ".json")));
    BOOST_TEST(!fs::exists(repo / "blobs/old"));
    const auto left = scanned();
    BOOST_TEST(left.size_on_disk == 12u);
    BOOST_TEST(left.revisions.size() == 1u);
    check_whole();
}

BOOST_FIXTURE_TEST_CASE(a_whole_repo_goes_with_all_that_clients_leave_in_it, Fixture)
{
    write_file(repo / "blobs/old.incomplete", "half");
    write_file(repo / "blobs/old.0123abcd.incomplete", "12");
    write_file(repo / "blobs/old.0123abcd.pieces.incomplete", "12");
    write_file(repo / ".no_exist" / first / "d/no.txt", "");
    write_file(repo / "trees" / (first + ".json"), "{}");
    write_file(repo / "snapshots/.DS_Store", "x");
    write_file(repo / "stray", "x");
    write_file(repo / "blobs/.tmp-1-2", "x");
    const timespec old[2] = {{1, 0}, {1, 0}};
    BOOST_REQUIRE(::utimensat(AT_FDCWD, (repo / "blobs/.tmp-1-2").c_str(), old, 0) == 0);
    const auto done = carry_out(info().delete_revisions({first, second}));
    BOOST_TEST(done.kept.empty());
    BOOST_TEST((done.deleted == std::vector{repo}));
    BOOST_TEST(done.freed_size == 24u);
    BOOST_TEST(!fs::exists(repo));
    check_whole();
}

BOOST_FIXTURE_TEST_CASE(what_another_process_is_just_making_stays, Fixture)
{
    write_file(repo / "blobs/.tmp-1-2", "x"); // a ref on its way, say
    const auto done = carry_out(info().delete_revisions({first, second}));
    BOOST_TEST(done.kept.size() == 1u);
    BOOST_TEST(fs::exists(repo / "blobs/.tmp-1-2"));
    BOOST_TEST(done.freed_size == 16u);
}

BOOST_FIXTURE_TEST_CASE(what_has_come_since_the_scan_stays, Fixture)
{
    const auto plan = info().delete_revisions({first, second});
    const std::string third(40, '3');
    link(third, "b.txt", "old");
    write_file(repo / "refs/main", third); // the branch has moved on
    const auto done = carry_out(plan);
    BOOST_TEST(done.kept.size() == 1u); // the repo as a whole
    const auto left = scanned();
    BOOST_REQUIRE(left.revisions.size() == 1u);
    BOOST_TEST(left.revisions[0].commit_hash == third);
    BOOST_TEST((left.revisions[0].refs == std::vector<std::string>{"main"}));
    BOOST_TEST(left.size_on_disk == 4u);
    BOOST_TEST(!fs::exists(repo / "blobs/new"));
    check_whole();
}

BOOST_FIXTURE_TEST_CASE(a_blob_that_another_revision_has_got_stays, Fixture)
{
    const auto plan = info().delete_revisions(second);
    link(first, "late.txt", "new");
    const auto done = carry_out(plan);
    BOOST_TEST(done.kept.size() == 1u);
    BOOST_TEST(fs::exists(repo / "blobs/new"));
    check_whole();
    BOOST_TEST(scanned().revisions.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_blob_under_its_lock_stays, Fixture)
{
    {
        const auto lock = FileLock::try_lock(blob_lock(repo, "new"));
        BOOST_REQUIRE(lock);
        auto done = carry_out(info().delete_revisions(second));
        BOOST_TEST(done.kept.size() == 1u);
        write_file(repo / "blobs/new.incomplete", "");
        BOOST_TEST(fs::exists(repo / "blobs/new"));
        done =
            carry_out(info().delete_revisions(first)); // the only one left: the whole repo, which is in use
        BOOST_TEST(done.kept.size() == 3u);            // the blob, its partial and the folder that it is in
        BOOST_TEST(fs::exists(repo / "blobs/new"));
        BOOST_TEST(fs::exists(repo / "blobs/new.incomplete"));
        BOOST_TEST(!fs::exists(repo / "blobs/shared"));
    }
    BOOST_TEST(scanned().revisions.empty()); // nothing is left that a scan would complain of
    check_whole();
}

BOOST_FIXTURE_TEST_CASE(a_ref_that_moved_stays, Fixture)
{
    const auto plan = info().delete_revisions(first);
    write_file(repo / "refs/main", second);
    const auto done = carry_out(plan);
    BOOST_TEST(done.kept.size() == 1u);
    BOOST_TEST(scanned().revisions.at(0).refs.at(0) == "main");
    check_whole();
}

BOOST_FIXTURE_TEST_CASE(nothing_outside_of_the_repo_is_deleted, Fixture)
{
    write_file(root / "precious/file", "mine");
    write_file(root / "blobs/file", "mine");
    fs::create_symlink("../../../precious/file", repo / "snapshots" / second / "evil");
    auto plan = info().delete_revisions(second);
    BOOST_TEST((plan.blobs == std::vector{repo / "blobs/new"}));
    plan.blobs.push_back(root / "precious/file");
    plan.blobs.push_back(root / "blobs/file");
    plan.blobs.push_back(repo / "blobs/../../precious/file");
    plan.refs.push_back(repo / "refs/../../precious/file");
    plan.snapshots.push_back(root / "precious");
    plan.repos.push_back(root / "precious");
    plan.repos.push_back(root);
    carry_out(plan);
    BOOST_TEST(fs::exists(root / "precious/file"));
    BOOST_TEST(fs::exists(root / "blobs/file"));
    BOOST_TEST(!fs::exists(repo / "blobs/new"));
}

BOOST_FIXTURE_TEST_CASE(a_repo_on_another_disk_is_emptied_in_place, Fixture)
{
    fs::rename(repo, root / "elsewhere");
    fs::create_directory_symlink("elsewhere", repo);
    BOOST_TEST(scanned().size_on_disk == 16u);
    const auto done = carry_out(info().delete_revisions({first, second}));
    BOOST_TEST(done.freed_size == 16u);
    BOOST_TEST(fs::is_empty(root / "elsewhere"));
    BOOST_TEST(fs::is_symlink(repo)); // the user's own
}

BOOST_FIXTURE_TEST_CASE(what_a_killed_deletion_left_goes_with_the_next, Fixture)
{
    write_file(repo / ".deleted-1-00000001/x", "x");
    carry_out(info().delete_revisions(first));
    BOOST_TEST(!fs::exists(repo / ".deleted-1-00000001"));
    check_whole();
}

BOOST_AUTO_TEST_CASE(texts_as_python_prints_them)
{
    BOOST_TEST(python_repr("main") == "'main'");
    BOOST_TEST(python_repr("a'b") == "\"a'b\"");
    BOOST_TEST(python_repr("a'b\"c") == "'a\\'b\"c'");
    BOOST_TEST(python_repr("a\n\\\x1b") == "'a\\n\\\\\\x1b'");
}

BOOST_AUTO_TEST_SUITE_END()
