// upload_large_folder with failing files and a failing Hub: contracts of faults, large folders.
#include <boost/test/unit_test.hpp>

#include <sstream>

#include "transfer/upload_fault.hpp"
#include "transfer/upload_metadata.hpp"

using namespace hfasync;
using namespace hfasync::tests;
using emulator::FaultAction;
using emulator::FaultRule;

namespace fs = std::filesystem;

namespace {

struct Fixture : UploadFaults {
    void put(const std::string& name, const std::string& text)
    {
        write(name, text);
        wanted[name] = entry(text);
    }
    void fill(int small, int large, unsigned seed = 0)
    {
        for (int i = 0; i < small; ++i)
            put("s/" + std::to_string(i) + ".txt", content(1'000, seed + 1000u + static_cast<unsigned>(i)));
        for (int i = 0; i < large; ++i)
            put("l/" + std::to_string(i) + ".bin", content(whole, seed + static_cast<unsigned>(i)));
    }
    void upload(std::size_t workers = 2)
    {
        UploadLargeFolderOptions options;
        options.num_workers = workers;
        options.print_report = false;
        hub.block_on(api.upload_large_folder(repo, folder.path(), "model", options));
    }
    detail::UploadMetadata record(const std::string& name)
    {
        std::ostringstream text;
        text << std::ifstream(folder.path() / ".cache/huggingface/upload" / (name + ".metadata")).rdbuf();
        const auto found = detail::parse_upload_metadata(text.str());
        BOOST_REQUIRE_MESSAGE(found.has_value(), name);
        return *found;
    }
    void refuse(const char* method, const char* path, int status, const char* body, int times = -1)
    {
        server.add_fault({.method = method,
                          .path = path,
                          .times = times,
                          .action = FaultAction::status,
                          .status = status,
                          .body = body});
    }
    std::map<std::string, std::string> wanted;
};

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_upload_fault_large, Fixture)

BOOST_AUTO_TEST_CASE(one_bad_file_does_not_stop_the_others)
{
    struct Way {
        const char* name;
        void (*act)(const fs::path&);
    };
    const Way ways[] = {
        {"vanished", [](const fs::path& file) { fs::remove(file); }},
        {"replaced by a folder",
         [](const fs::path& file) {
             fs::remove(file);
             fs::create_directory(file);
         }},
        {"a link to nowhere",
         [](const fs::path& file) {
             fs::remove(file);
             fs::create_symlink("nowhere", file);
         }},
    };
    struct When {
        const char* victim;
        const char* part;
    };
    const When moments_of_it[] = {
        {"s/3.txt", "/preupload/"}, {"l/1.bin", "/preupload/"}, {"l/1.bin", "/objects/batch"}};
    unsigned seed = 0;
    for (const Way& way : ways)
        for (const When& when : moments_of_it)
            BOOST_TEST_CONTEXT(way.name << ", " << when.victim << " at " << when.part)
            {
                fs::remove_all(folder.path() / ".cache");
                wanted.clear();
                fill(12, 4, seed += 2'000); // nothing that the storage has
                const auto victim = folder.path() / when.victim;
                wanted.erase(when.victim);
                if (const auto there = listing(); !there.empty()) {
                    DeleteOptions all;
                    hub.block_on(api.delete_files(repo, {"s/*", "l/*"}, all));
                }
                moments.at("POST", when.part, [&] { way.act(victim); });
                const auto error = failure_of<RuntimeError>([&] { upload(); });
                BOOST_TEST(moments.passed());
                const std::string text = error.message();
                BOOST_TEST(contains(text, when.victim));
                BOOST_TEST(contains(text, "1 of 16 files"));
                BOOST_CHECK(listing() == wanted);
                fs::remove_all(victim);
            }
}

BOOST_AUTO_TEST_CASE(a_regular_file_that_changes_before_its_commit_goes_as_it_is)
{
    fill(30, 2);
    moments.at("POST", "/preupload/", [&] {
        put("s/3.txt", content(1'000, 5000));
        put("s/4.txt", content(900, 5001));
        put("l/0.bin", content(whole, 5002));
    });
    upload();
    BOOST_TEST(moments.passed());
    BOOST_CHECK(listing() == wanted);
}

BOOST_AUTO_TEST_CASE(equal_permanent_errors_stop_the_run_and_what_is_known_is_kept)
{
    struct Row {
        const char* name;
        const char* method;
        const char* path;
        int status;
        const char* body;
        const char* shown;
        bool hashed_only; ///< no upload mode is known
    };
    const Row rows[] = {
        {"401 at the upload mode", "POST", "*/preupload/*", 401, R"({"error":"Invalid token"})",
         "Invalid token", true},
        {"403 at the upload mode", "POST", "*/preupload/*", 403, R"({"error":"no right"})", "no right", true},
        {"403 at the batch", "POST", "*/objects/batch", 403, R"({"error":"quota"})", "quota", false},
        {"403 at the PUT", "PUT", "*", 403, "<Error><Code>AccessDenied</Code></Error>", "403", false},
        {"403 at the commit", "POST", "*/commit/*", 403, R"({"error":"storage quota"})", "storage quota",
         false},
        {"401 at the commit", "POST", "*/commit/*", 401, R"({"error":"revoked"})", "revoked", false},
    };
    for (const Row& row : rows)
        BOOST_TEST_CONTEXT(row.name)
        {
            fs::remove_all(folder.path() / ".cache");
            hub.block_on(api.delete_repo(repo));
            hub.block_on(api.create_repo(repo, {}));
            wanted.clear();
            const auto seed = static_cast<unsigned>(&row - rows) * 100;
            put("a.txt", content(700, 6000 + seed));
            for (unsigned i = 0; i < 8; ++i) // contents that the storage has not seen
                put("l/" + std::to_string(i) + ".bin", content(whole, 6001 + seed + i));
            refuse(row.method, row.path, row.status, row.body);
            server.forget_requests();
            const auto error = failure_of<RuntimeError>([&] { upload(); });
            BOOST_TEST(contains(error.message(), row.shown), error.message());
            BOOST_TEST(error.context().status == row.status);
            const auto refused = server.requests();
            const auto n = std::count_if(refused.begin(), refused.end(),
                                         [&](const auto& request) { return request.status == row.status; });
            BOOST_TEST(n >= 1);
            BOOST_TEST(n <= 8);   // each file once at most
            if (!row.hashed_only) // small files are hashed again sooner than they are written down
                BOOST_TEST(record("l/0.bin").sha256 == wanted.at("l/0.bin").substr(4));

            server.clear_faults();
            server.forget_requests();
            upload();
            BOOST_CHECK(listing() == wanted);
            if (std::string_view(row.path) == "*/commit/*") BOOST_TEST(puts() == 0u);
        }
}

BOOST_AUTO_TEST_CASE(an_objects_own_error_concerns_its_file_only)
{
    fill(3, 3);
    const auto oid = [&](int i) { return wanted.at("l/" + std::to_string(i) + ".bin").substr(4); };
    // Those of the others are there already.
    hub.block_on(api.preupload_lfs_files(
        repo, {CommitOperationAdd("l/0.bin", UploadSource(folder.path() / "l/0.bin")),
               CommitOperationAdd("l/2.bin", UploadSource(folder.path() / "l/2.bin"))}));
    refuse("POST", "*/objects/batch", 200,
           (R"({"objects":[{"oid":")" + oid(0) + R"("},{"oid":")" + oid(2) + R"("},{"oid":")" + oid(1) +
            R"(","error":{"code":422,"message":"too odd"}}]})")
               .c_str());
    const auto error = failure_of<RuntimeError>([&] { upload(); });
    BOOST_TEST(contains(error.message(), "l/1.bin"));
    BOOST_TEST(contains(error.message(), "too odd"));
    wanted.erase("l/1.bin");
    BOOST_CHECK(listing() == wanted);
    BOOST_TEST(record("l/0.bin").is_committed);
    BOOST_TEST(!record("l/1.bin").is_committed);
}

BOOST_AUTO_TEST_CASE(unusable_answers_end_and_do_not_go_round)
{
    fill(3, 3);
    for (const char* path : {"*/preupload/*", "*/objects/batch"})
        for (const char* body : {"{}", "[1]", R"({"files":[]})", R"({"objects":[]})", "?"})
            BOOST_TEST_CONTEXT(path << " " << body)
            {
                refuse("POST", path, 200, body);
                server.forget_requests();
                BOOST_CHECK_THROW(upload(), RuntimeError);
                BOOST_TEST(server.requests().size() < 100u);
                BOOST_TEST(commits() <= 1u);
                server.clear_faults();
            }
    upload();
    BOOST_CHECK(listing() == wanted);
}

BOOST_AUTO_TEST_CASE(a_commit_that_is_too_large_is_made_in_halves)
{
    fill(40, 0);
    refuse("POST", "*/commit/*", 413, R"({"error":"payload too large"})", 3);
    const auto before = commits_of_repo();
    server.forget_requests();
    upload();
    BOOST_CHECK(listing() == wanted);
    BOOST_TEST(commits() == 3u + 4u); // 40 refused, 20 and 10 (or 20) refused, then what fits
    BOOST_TEST(commits_of_repo() <= before + 4);
}

BOOST_AUTO_TEST_CASE(a_landed_commit_is_never_made_twice)
{
    const FaultRule rules[] = {
        {.method = "POST", .path = "*/commit/*", .action = FaultAction::lose_reply},
        {.method = "POST", .path = "*/commit/*", .action = FaultAction::short_body, .at = 10},
        {.method = "POST", .path = "*/commit/*", .action = FaultAction::late_status, .status = 504},
        {.method = "POST", .path = "*/commit/*", .action = FaultAction::late_status, .status = 500},
        {.method = "POST",
         .path = "*/commit/*",
         .action = FaultAction::late_status,
         .status = 200,
         .body = R"({"success":tr)"},
    };
    unsigned seed = 7000;
    for (const FaultRule& fault : rules) {
        const auto before = commits_of_repo();
        const auto name = std::to_string(seed);
        for (int i = 0; i < 10; ++i)
            put(name + "-" + std::to_string(i) + ".txt", content(500, ++seed));
        put(name + ".bin", content(whole, ++seed));
        server.add_fault(fault);
        server.forget_requests();
        upload();
        BOOST_CHECK(listing() == wanted);
        BOOST_TEST(commits() == 1u);
        BOOST_TEST(commits_of_repo() == before + 1);
        BOOST_TEST(record(name + ".bin").is_committed);
    }
}

BOOST_AUTO_TEST_CASE(torn_and_foreign_records_are_done_again)
{
    fill(6, 3);
    upload();
    const auto before = commits_of_repo();
    const auto records = folder.path() / ".cache/huggingface/upload";
    const char* texts[] = {"", "1795389672.7", "nan\n5\n\n\n\n0\n0\n", "1e400\n5\n0\n\n\n0\n1\n", "\xff\xfe"};
    int i = 0;
    for (const char* text : texts) // of the first files
        std::ofstream(records / ("s/" + std::to_string(i++) + ".txt.metadata"), std::ios::trunc) << text;
    std::ofstream(records / "l/0.bin.metadata", std::ios::trunc)
        << "99999999999.5\n200000\n0\n"
        << std::string(64, 'A') << "\nlfs\n1\n1\n"; // no sha256 of ours
    server.forget_requests();
    upload();
    BOOST_CHECK(listing() == wanted);
    BOOST_TEST(commits_of_repo() == before); // it is all there
    BOOST_TEST(puts() == 0u);
    BOOST_TEST(record("s/0.txt").is_committed);
}

BOOST_AUTO_TEST_CASE(a_run_that_died_after_its_commit_does_not_commit_again)
{
    fill(10, 2);
    upload();
    const auto before = commits_of_repo();
    for (const auto& [name, what] : wanted) { // as they were when the commit was sent
        auto known = record(name);
        known.is_committed = false;
        std::ofstream(folder.path() / ".cache/huggingface/upload" / (name + ".metadata"), std::ios::trunc)
            << detail::format_upload_metadata(known);
    }
    server.forget_requests();
    upload();
    BOOST_TEST(commits() == 0u);
    BOOST_TEST(puts() == 0u);
    BOOST_TEST(commits_of_repo() == before);
    BOOST_TEST(record("l/0.bin").is_committed);
    server.forget_requests();
    upload(); // and now it is known
    BOOST_TEST(count("POST", "/paths-info/") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
