// Hostile answers to the preupload and LFS batch calls: contracts of faults, uploads.
#include <boost/test/unit_test.hpp>

#include "transfer/upload_fault.hpp"

using namespace hfasync;
using namespace hfasync::tests;
using emulator::FaultAction;

namespace {

/// Texts of answers: OID stands for the object's hash, PUT for an address at the storage.
struct Row {
    const char* name;
    const char* body;
};

constexpr Row hostile[] = {
    {"nothing", ""},
    {"no JSON", "<html>maintenance</html>"},
    {"cut off", R"({"objects":[{"oid":"OID","act)"},
    {"a list", "[]"},
    {"no objects", R"({"message":"maintenance"})"},
    {"objects are no list", R"({"objects":{"oid":"OID"}})"},
    {"an object is a number", R"({"objects":[1]})"},
    {"an oid that leaves the folder", R"({"objects":[{"oid":"../../x"}]})"},
    {"no oid", R"({"objects":[{"size":1}]})"},
    {"only another oid",
     R"({"objects":[{"oid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]})"},
    {"no object at all", R"({"objects":[]})"},
    {"actions are a text", R"({"objects":[{"oid":"OID","actions":"upload"}]})"},
    {"no href", R"({"objects":[{"oid":"OID","actions":{"upload":{}}}]})"},
    {"href is a number", R"({"objects":[{"oid":"OID","actions":{"upload":{"href":5}}}]})"},
    {"href is no address", R"({"objects":[{"oid":"OID","actions":{"upload":{"href":"PUT"}}}]})"},
    {"href is a file", R"({"objects":[{"oid":"OID","actions":{"upload":{"href":"file:///etc/passwd"}}}]})"},
    {"href with a line end",
     R"({"objects":[{"oid":"OID","actions":{"upload":{"href":"http://localhost:1/\r\nX: y"}}}]})"},
    {"header is a list",
     R"({"objects":[{"oid":"OID","actions":{"upload":{"href":"http://localhost:1/","header":[]}}}]})"},
    {"a header with a line end",
     R"({"objects":[{"oid":"OID","actions":{"upload":{"href":"http://localhost:1/","header":{"x-amz-meta":"a\r\nB: c"}}}}]})"},
    {"a header's name with a line end",
     R"({"objects":[{"oid":"OID","actions":{"upload":{"href":"http://localhost:1/","header":{"x\r\nB":"c"}}}}]})"},
    {"verify is no address",
     R"({"objects":[{"oid":"OID","actions":{"upload":{"href":"http://localhost:1/"},"verify":{"href":"\u0000"}}}]})"},
};

/// Values of "header" of a multipart upload of 200,000 bytes; PART is a usable address.
constexpr Row hostile_parts[] = {
    {"chunk_size 0", R"({"chunk_size":"0","1":PART})"},
    {"chunk_size negative", R"({"chunk_size":"-100000","1":PART,"2":PART})"},
    {"chunk_size of 65 bits", R"({"chunk_size":"18446744073709551616","1":PART})"},
    {"chunk_size is a word", R"({"chunk_size":"all","1":PART})"},
    {"chunk_size is empty", R"({"chunk_size":"","1":PART})"},
    {"chunk_size is a fraction", R"({"chunk_size":100000.5,"1":PART,"2":PART})"},
    {"chunk_size is null", R"({"chunk_size":null,"1":PART,"2":PART})"},
    {"chunk_size 1: a part a byte", R"({"chunk_size":"1","1":PART})"},
    {"too few parts", R"({"chunk_size":"100000","1":PART})"},
    {"too many parts", R"({"chunk_size":"100000","1":PART,"2":PART,"3":PART})"},
    {"no parts", R"({"chunk_size":"100000"})"},
    {"a gap", R"({"chunk_size":"100000","1":PART,"3":PART})"},
    {"from zero", R"({"chunk_size":"100000","0":PART,"1":PART})"},
    {"one part twice", R"({"chunk_size":"100000","1":PART,"01":PART})"},
    {"a part without TLS or scheme", R"({"chunk_size":"100000","1":PART,"2":"//localhost/2"})"},
    {"a part with a line end", R"({"chunk_size":"100000","1":PART,"2":"http://localhost:1/2\r\nA: b"})"},
};

std::string replaced(std::string text, std::string_view what, const std::string& by)
{
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

struct Fixture : UploadFaults {
    void answer(const char* path, std::string body, int times = 1)
    {
        server.add_fault({.method = "POST",
                          .path = path,
                          .times = times,
                          .action = FaultAction::status,
                          .status = 200,
                          .headers = {{"Content-Type", "application/json"}},
                          .body = std::move(body)});
    }
    /// The call must end with ValueError, RuntimeError or BadResponseError, and nothing may be sent.
    void refuses(const std::vector<CommitOperation>& operations)
    {
        server.forget_requests();
        try {
            commit(operations);
            BOOST_ERROR("no exception");
        } catch (const Error& error) {
            BOOST_CHECK(dynamic_cast<const ValueError*>(&error) ||
                        dynamic_cast<const RuntimeError*>(&error) ||
                        dynamic_cast<const BadResponseError*>(&error));
            BOOST_TEST((error.code() == errc::bad_response || error.code() == errc::lfs_transfer),
                       error.message());
        }
        BOOST_TEST(puts() == 0u);
        BOOST_TEST(completions() == 0u);
        BOOST_TEST(commits() == 0u);
        server.clear_faults();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_upload_fault_batch, Fixture)

BOOST_AUTO_TEST_CASE(unusable_batch_answers_are_refused)
{
    const auto text = content(whole, 1);
    for (const Row& row : hostile)
        BOOST_TEST_CONTEXT(row.name)
        {
            answer("*/objects/batch", replaced(row.body, "OID", detail::sha256_hex(text)), -1);
            refuses(add("w.bin", text));
        }
    std::string deep(100'000, '[');
    answer("*/objects/batch", deep, -1);
    refuses(add("w.bin", text));
    BOOST_TEST(listing().empty());
}

BOOST_AUTO_TEST_CASE(unusable_parts_are_refused)
{
    const auto text = content(whole, 2);
    for (const Row& row : hostile_parts)
        BOOST_TEST_CONTEXT(row.name)
        {
            const auto header = replaced(row.body, "PART", "\"" + server.storage_endpoint() + "/x\"");
            answer("*/objects/batch",
                   R"({"objects":[{"oid":")" + detail::sha256_hex(text) +
                       R"(","actions":{"upload":{"href":")" + server.endpoint() +
                       R"(/api/complete_multipart","header":)" + header + "}}}]}",
                   -1);
            refuses(add("w.bin", text));
        }
}

BOOST_AUTO_TEST_CASE(an_objects_own_error_names_its_file)
{
    const auto good = content(whole, 3), bad = content(whole, 4);
    answer("*/objects/batch", R"({"objects":[{"oid":")" + detail::sha256_hex(good) + R"("},{"oid":")" +
                                  detail::sha256_hex(bad) +
                                  R"(","error":{"code":403,"message":"Storage quota\r\nexceeded"}}]})");
    const auto error = failure_of<ValueError>([&] {
        commit({CommitOperationAdd("good.bin", UploadSource::bytes(good)),
                CommitOperationAdd("d/bad.bin", UploadSource::bytes(bad))});
    });
    const std::string text = error.message();
    BOOST_TEST(text.find("d/bad.bin") != std::string::npos);
    BOOST_TEST(text.find("good.bin") == std::string::npos);
    BOOST_TEST(text.find("403") != std::string::npos);
    BOOST_TEST(text.find("Storage quota") != std::string::npos);
    BOOST_TEST(text.find("quota\r\n") == std::string::npos); // on one line
    BOOST_TEST(puts() == 0u);
    BOOST_TEST(commits() == 0u);
}

BOOST_AUTO_TEST_CASE(an_oid_that_nobody_asked_for_is_passed_over)
{
    const auto text = content(whole, 5);
    commit(add("first.bin", text)); // its content is there
    answer("*/objects/batch", R"({"objects":[{"oid":")" + std::string(64, 'a') +
                                  R"(","actions":{"upload":{"href":")" + server.storage_endpoint() +
                                  R"(/nobody"}}},{"oid":")" + detail::sha256_hex(text) + R"("}]})");
    server.forget_requests();
    commit(add("second.bin", text));
    BOOST_TEST(puts() == 0u);
    BOOST_TEST(listing().at("second.bin") == entry(text));
}

BOOST_AUTO_TEST_CASE(a_chunk_size_may_be_a_number)
{
    const auto text = content(whole, 6);
    answer("*/objects/batch",
           R"({"objects":[{"oid":")" + detail::sha256_hex(text) + R"(","actions":{"upload":{"href":")" +
               server.endpoint() + R"(/api/complete_multipart","header":{"chunk_size":100000,"1":")" +
               server.storage_endpoint() + R"(/1","2":")" + server.storage_endpoint() + R"(/2"}}}}]})");
    server.forget_requests();
    CreateCommitOptions options;
    options.num_threads = 1;
    failure_of<RuntimeError>([&] { commit(add("w.bin", text), options); }); // nobody signed these addresses
    const auto sent = seen("PUT", "");
    BOOST_REQUIRE_EQUAL(sent.size(), 1u); // to a part's address, not the whole file to the completion's
    BOOST_TEST(sent[0].origin == "storage");
    BOOST_TEST(sent[0].target == "/1");
}

BOOST_AUTO_TEST_CASE(three_hundred_files_go_in_batches_of_256)
{
    auto options = watched(small_parts(), moments);
    options.lfs_threshold = 1;
    emulator::Emulator strict(options);
    auto to_it = client_options();
    to_it.endpoint = strict.endpoint();
    to_it.token = strict.token();
    Hub client(to_it);
    HfApi calls(client);
    client.block_on(calls.create_repo(repo, {}));
    std::vector<CommitOperation> operations;
    for (int i = 0; i < 300; ++i) // every third content is one that was there before
        operations.push_back(
            CommitOperationAdd(std::to_string(i) + ".bin",
                               UploadSource::bytes("content " + std::to_string(i % 3 == 2 ? i - 1 : i))));
    strict.forget_requests();
    client.block_on(calls.create_commit(repo, operations, "Add"));
    std::size_t batches = 0, preuploads = 0, puts = 0, commits = 0;
    for (const auto& request : strict.requests()) {
        batches += request.target.find("/objects/batch") != std::string::npos;
        preuploads += request.target.find("/preupload/") != std::string::npos;
        commits += request.target.find("/commit/") != std::string::npos;
        puts += request.method == "PUT";
    }
    BOOST_TEST(preuploads == 2u);
    BOOST_TEST(batches == 2u);
    BOOST_TEST(puts == 200u); // each content once
    BOOST_TEST(commits == 1u);
    const auto entries =
        client.block_on(calls.list_repo_tree(repo, ListRepoTreeOptions{.recursive = true}).collect());
    BOOST_TEST(entries.size() == 301u); // with .gitattributes
}

BOOST_AUTO_TEST_CASE(unusable_upload_modes_are_refused)
{
    for (const char* body :
         {"", "null", "[]", R"({"files":5})", R"({"files":[{"uploadMode":"lfs"}]})", R"({"files":[]})",
          R"({"files":[{"path":"other","uploadMode":"lfs","shouldIgnore":false}]})",
          R"({"files":[{"path":"w.bin","uploadMode":"torrent","shouldIgnore":false}]})",
          R"({"files":[{"path":"w.bin","shouldIgnore":false}]})", R"({"files":[{"path":"w.bin","upl)"})
        BOOST_TEST_CONTEXT(body)
        {
            answer("*/preupload/*", body, -1);
            refuses(add("w.bin", content(whole, 7)));
            BOOST_TEST(batches() == 0u);
        }
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_never_put)
{
    answer("*/preupload/*", R"({"files":[{"path":"empty.bin","uploadMode":"lfs","shouldIgnore":false}]})");
    server.forget_requests();
    commit(add("empty.bin", std::string()));
    BOOST_TEST(batches() == 0u);
    BOOST_TEST(puts() == 0u);
    BOOST_TEST(listing().at("empty.bin") == entry(""));
}

BOOST_AUTO_TEST_CASE(behind_tls_no_address_is_in_clear)
{
    auto options = watched(small_parts(), moments);
    options.tls = true;
    emulator::Emulator secure(options);
    auto to_it = client_options();
    to_it.endpoint = secure.endpoint();
    to_it.token = secure.token();
    to_it.tls.ca_file = secure.ca_file();
    Hub client(to_it);
    HfApi calls(client);
    client.block_on(calls.create_repo(repo, {}));
    const auto text = content(whole, 8);
    const auto oid = detail::sha256_hex(text);
    const auto https = secure.storage_endpoint() + "/x", http = server.storage_endpoint() + "/x";
    const std::string actions[] = {
        R"({"upload":{"href":")" + http + R"("}})",
        R"({"upload":{"href":")" + https + R"("},"verify":{"href":")" + http + R"("}})",
        R"({"upload":{"href":")" + https + R"(","header":{"chunk_size":"100000","1":")" + https +
            R"(","2":")" + http + R"("}}})",
    };
    for (const auto& action : actions)
        BOOST_TEST_CONTEXT(action)
        {
            secure.add_fault({.method = "POST",
                              .path = "*/objects/batch",
                              .action = FaultAction::status,
                              .status = 200,
                              .body = R"({"objects":[{"oid":")" + oid + R"(","actions":)" + action + "}]}"});
            secure.forget_requests();
            const auto error = failure_of<RuntimeError>(
                [&] { client.block_on(calls.create_commit(repo, add("w.bin", text), "Add")); });
            BOOST_CHECK(error.code() == errc::lfs_transfer);
            for (const auto& request : secure.requests())
                BOOST_TEST(request.method != "PUT");
        }
    BOOST_TEST(server.requests().empty()); // the one in clear heard nothing
    client.block_on(calls.create_commit(repo, add("w.bin", text), "Add"));
}

BOOST_AUTO_TEST_SUITE_END()
