// Headers of safetensors files, by range requests against the embedded Hub.
#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <hfasync/cancel.hpp>
#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hf_api.hpp>

#include "transfer/download_fixture.hpp"

using namespace hfasync;

namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

/// Length, header, and `data` bytes behind it.
std::string file_with(const std::string& header, std::size_t data = 0)
{
    std::string out;
    for (int i = 0; i < 8; ++i)
        out.push_back(static_cast<char>((header.size() >> (8 * i)) & 0xFF));
    return out + header + std::string(data, '\1');
}

std::string tensor(const std::string& shape, std::uint64_t begin, std::uint64_t end,
                   const std::string& dtype = "F32")
{
    return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":[)" +
           std::to_string(begin) + "," + std::to_string(end) + "]}";
}

const std::string two_tensors = R"({"__metadata__":{"format":"pt"},"a":)" + tensor("[3,2]", 0, 24) +
                                R"(,"step":)" + tensor("[]", 24, 32, "I64") + "}";

std::string padded(std::string header, std::size_t size)
{
    header.resize(size, ' ');
    return header;
}

struct Fixture {
    test::TempDir dir;
    emulator::Emulator emulator;
    std::shared_ptr<test::EagerClock> clock = std::make_shared<test::EagerClock>();
    Hub hub{options()};
    HfApi api{hub};

    HubOptions options() const
    {
        HubOptions out;
        out.endpoint = emulator.endpoint();
        out.token = emulator.token();
        out.cache.hub_cache = dir / "hub";
        out.clock = clock;
        return out;
    }
    template <class T>
    T wait(boost::asio::awaitable<T> call)
    {
        return hub.block_on(std::move(call));
    }
    void seed(const Files& files, const std::string& id = "acme/tiny", RepoType type = RepoType::model)
    {
        emulator.seed_repo(id, files, type);
        emulator.forget_requests();
    }
    /// Of the storage: safetensors files are LFS files.
    void fault(emulator::FaultAction action)
    {
        emulator.add_fault({.origin = "storage", .times = -1, .action = action});
    }
    SafetensorsFileMetadata parse(const std::string& name = "model.safetensors")
    {
        return wait(api.parse_safetensors_file_metadata("acme/tiny", name));
    }
    /// "METHOD path [range]" of every request to the Hub itself.
    std::vector<std::string> asked(const std::string& origin = "hub") const
    {
        std::vector<std::string> out;
        for (const auto& seen : emulator.requests()) {
            if (seen.origin != origin) continue;
            auto line = seen.method + " " + seen.target.substr(seen.target.rfind('/') + 1);
            for (const auto& [name, value] : seen.headers)
                if (name == "range" || name == "Range") line += " " + value;
            out.push_back(line);
        }
        return out;
    }
    /// The file is refused with words that name it and hold `what`.
    void refused(const std::string& content, const std::string& what)
    {
        seed({{"model.safetensors", content}}, "acme/bad" + std::to_string(++bad_));
        try {
            (void)wait(
                api.parse_safetensors_file_metadata("acme/bad" + std::to_string(bad_), "model.safetensors"));
            BOOST_ERROR("not refused: " << what);
        } catch (const SafetensorsParsingError& error) {
            const std::string message = error.what();
            BOOST_TEST(message.find("'model.safetensors' (repo 'acme/bad") != std::string::npos, message);
            BOOST_TEST(message.find(what) != std::string::npos, message);
            BOOST_TEST((error.code() == errc::safetensors_parse));
            BOOST_TEST(error.context().path == "model.safetensors");
        }
    }
    int bad_ = 0;
};

const auto per_element = boost::test_tools::per_element();

Files sharded(const std::string& first = "model-1.safetensors")
{
    return {{"model.safetensors.index.json",
             R"({"metadata":{"total_size":132},"weight_map":{"a":")" + first +
                 R"(","step":"model-1.safetensors","head":"sub/model-2.safetensors"}})"},
            {"model-1.safetensors", file_with(two_tensors, 32)},
            {"sub/model-2.safetensors", file_with(R"({"head":)" + tensor("[5,5]", 0, 100) + "}", 100)}};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_safetensors, Fixture)

BOOST_AUTO_TEST_CASE(one_file_takes_one_range)
{
    seed({{"model.safetensors", file_with(two_tensors, 32)}});
    const auto file = parse();
    BOOST_TEST((file.metadata == std::map<std::string, std::string>{{"format", "pt"}}));
    BOOST_TEST(file.tensors.size() == 2u);
    BOOST_TEST((file.tensors.at("a") ==
                TensorInfo{.dtype = "F32", .shape = {3, 2}, .data_offsets = {0, 24}, .parameter_count = 6}));
    BOOST_TEST(file.tensors.at("step").parameter_count == 1u);
    BOOST_TEST((file.parameter_count == std::map<std::string, std::uint64_t>{{"F32", 6}, {"I64", 1}}));
    BOOST_TEST(asked() == (std::vector<std::string>{"GET model.safetensors bytes=0-100000"}), per_element);
}

BOOST_AUTO_TEST_CASE(a_repo_of_one_file)
{
    seed({{"model.safetensors", file_with(two_tensors, 32)}}, "acme/rows", RepoType::dataset);
    const auto repo =
        wait(api.get_safetensors_metadata("acme/rows", {.repo_type = "dataset", .revision = "main"}));
    BOOST_TEST(!repo.metadata.has_value());
    BOOST_TEST(!repo.sharded);
    BOOST_TEST((repo.weight_map == std::map<std::string, std::string>{{"a", "model.safetensors"},
                                                                      {"step", "model.safetensors"}}));
    BOOST_TEST(repo.files_metadata.at("model.safetensors").tensors.size() == 2u);
    BOOST_TEST((repo.parameter_count == std::map<std::string, std::uint64_t>{{"F32", 6}, {"I64", 1}}));
    BOOST_TEST(asked() == (std::vector<std::string>{"HEAD model.safetensors",
                                                    "GET model.safetensors bytes=0-100000"}),
               per_element);
}

BOOST_AUTO_TEST_CASE(long_headers_take_two)
{
    // With its 8 bytes of length, a header of 99,993 fills the first range exactly.
    seed({{"fits.safetensors", file_with(padded(two_tensors, 99'993), 32)},
          {"over.safetensors", file_with(padded(two_tensors, 99'994), 32)},
          {"long.safetensors", file_with(padded(two_tensors, 3'000'000), 32)}});
    for (const auto* name : {"fits.safetensors", "over.safetensors", "long.safetensors"})
        BOOST_TEST(parse(name).tensors.size() == 2u);
    BOOST_TEST(asked() == (std::vector<std::string>{
                              "GET fits.safetensors bytes=0-100000", "GET over.safetensors bytes=0-100000",
                              "GET over.safetensors bytes=8-100001", "GET long.safetensors bytes=0-100000",
                              "GET long.safetensors bytes=8-3000007"}),
               per_element);
}

BOOST_AUTO_TEST_CASE(shards_by_their_index)
{
    seed(sharded());
    const auto repo = wait(api.get_safetensors_metadata("acme/tiny"));
    BOOST_TEST(repo.sharded);
    BOOST_TEST((*repo.metadata)["total_size"].as_int().value_or(0) == 132);
    BOOST_TEST(repo.weight_map.at("head") == "sub/model-2.safetensors");
    BOOST_TEST(repo.files_metadata.size() == 2u);
    BOOST_TEST(repo.files_metadata.at("sub/model-2.safetensors").metadata.empty());
    BOOST_TEST((repo.parameter_count == std::map<std::string, std::uint64_t>{{"F32", 31}, {"I64", 1}}));
    auto requests = asked();
    std::sort(requests.begin(), requests.end());
    BOOST_TEST(requests ==
                   (std::vector<std::string>{
                       "GET model-1.safetensors bytes=0-100000", "GET model-2.safetensors bytes=0-100000",
                       "GET model.safetensors.index.json", "HEAD model.safetensors",
                       "HEAD model.safetensors.index.json", "HEAD model.safetensors.index.json"}),
               per_element);
    BOOST_TEST(!std::filesystem::exists(dir / "hub"));
    // An index that has been downloaded is not asked for again.
    (void)wait(api.hf_hub_download("acme/tiny", "model.safetensors.index.json"));
    emulator.forget_requests();
    BOOST_TEST((wait(api.get_safetensors_metadata("acme/tiny")) == repo));
    requests = asked();
    BOOST_TEST(std::count(requests.begin(), requests.end(), "GET model.safetensors.index.json") == 0);
    BOOST_TEST(requests.size() == 5u);
}

BOOST_AUTO_TEST_CASE(many_shards_at_once)
{
    Files files;
    std::string map;
    for (int i = 0; i < 40; ++i) {
        const auto n = std::to_string(i);
        map += (map.empty() ? "" : ",") + ("\"w" + n) + "\":\"s" + n + ".safetensors\"";
        files.emplace_back("s" + n + ".safetensors",
                           file_with("{\"w" + n + "\":" + tensor("[2]", 0, 8) + "}", 8));
    }
    files.emplace_back("model.safetensors.index.json", R"({"weight_map":{)" + map + "}}");
    seed(files);
    const auto repo = wait(api.get_safetensors_metadata("acme/tiny"));
    BOOST_TEST(!repo.metadata.has_value());
    BOOST_TEST(repo.files_metadata.size() == 40u);
    BOOST_TEST(repo.parameter_count.at("F32") == 80u);
}

BOOST_AUTO_TEST_CASE(other_repos)
{
    seed({{"README.md", "# no weights"}});
    for (const auto& revision : {"main", "nope"}) {
        try {
            (void)wait(api.get_safetensors_metadata("acme/tiny", {.revision = revision}));
            BOOST_ERROR("not refused");
        } catch (const NotASafetensorsRepoError& error) {
            BOOST_TEST(std::string(error.what())
                               .find("'acme/tiny' is not a safetensors repo. Couldn't find "
                                     "'model.safetensors.index.json' or 'model.safetensors' "
                                     "files.") == 0u,
                       error.what());
        }
    }
    BOOST_CHECK_THROW(parse("none.safetensors"), EntryNotFoundError);
    BOOST_CHECK_THROW(wait(api.parse_safetensors_file_metadata("acme/none", "a.safetensors")),
                      RepositoryNotFoundError);
    seed({{"model.safetensors", file_with(two_tensors, 32)}}, "acme/gated");
    wait(api.update_repo_settings("acme/gated", {.gated = "manual"}));
    BOOST_CHECK_THROW(wait(api.get_safetensors_metadata("acme/gated", {.token = false})), GatedRepoError);
    BOOST_CHECK_THROW(
        wait(api.parse_safetensors_file_metadata("acme/gated", "model.safetensors", {.token = false})),
        GatedRepoError);
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused_before_any_request)
{
    emulator.forget_requests();
    BOOST_CHECK_THROW(wait(api.parse_safetensors_file_metadata("acme/tiny", "a", {.repo_type = "models"})),
                      ValueError);
    BOOST_CHECK_THROW(wait(api.get_safetensors_metadata("acme/tiny", {.repo_type = "models"})), ValueError);
    BOOST_CHECK_THROW(parse("../a.safetensors"), ValueError);
    BOOST_CHECK_THROW(parse(""), ValueError);
    BOOST_CHECK_THROW(wait(api.get_safetensors_metadata("../x")), HFValidationError);
    BOOST_CHECK_THROW(wait(api.get_safetensors_metadata("acme/tiny", {.revision = "a\nb"})), ValueError);
    BOOST_TEST(emulator.requests().empty());
}

BOOST_AUTO_TEST_CASE(hostile_files_are_refused)
{
    refused("", "the file has 0 bytes");
    refused("1234567", "the file has 7 bytes");
    refused(file_with("not json", 8), "header is not json-encoded string");
    refused(file_with(""), "header is not json-encoded string");
    refused(file_with("[]"), "header format not recognized ($ is not an object)");
    refused(file_with(R"({"w":{"shape":[1],"data_offsets":[0,4]}})"),
            "header format not recognized ($['w'] has no dtype)");
    refused(file_with("{\"w\":" + tensor("[2,-1]", 0, 8) + "}", 8), "$['w']['shape'][1] is negative");
    refused(file_with("{\"w\":" + tensor("[1]", 0, 4) + ",\"x\":" + tensor("[1]", 2, 6) + "}", 6),
            "$['x'] overlaps another tensor");
    refused(file_with(
                "{\"w\":" + tensor("[9223372036854775807]", 0, 4) + ",\"x\":" + tensor("[1]", 4, 8) + "}", 8),
            "the parameters of dtype 'F32' add up to more than 2^63");
    auto beyond = file_with(two_tensors, 32);
    beyond[0] = static_cast<char>(0xFF);
    beyond[1] = 0x01;
    refused(beyond, "the header has 511 bytes by its first 8, but the whole file has");
    auto huge = file_with(two_tensors, 32);
    huge[0] = 0x41, huge[1] = 0x78, huge[2] = 0x7D, huge[3] = 0x01;
    refused(huge, "Maximum supported size is 25000000 bytes (got 25000001).");
    std::fill_n(huge.begin(), 8, static_cast<char>(0xFF));
    refused(huge, "(got 18446744073709551615)");
}

BOOST_AUTO_TEST_CASE(hostile_indexes_are_refused)
{
    const auto message_of = [&](const std::string& index) -> std::string {
        const auto id = "acme/index" + std::to_string(++bad_);
        seed({{"model.safetensors.index.json", index}, {"ok.safetensors", file_with(two_tensors, 32)}}, id);
        try {
            (void)wait(api.get_safetensors_metadata(id));
        } catch (const SafetensorsParsingError& error) {
            for (const auto& line : asked())
                BOOST_TEST((line.find("index.json") != std::string::npos || line.starts_with("HEAD")), line);
            return error.what();
        }
        return "not refused";
    };
    for (const auto* name :
         {"../../etc/passwd", "/etc/passwd", "https://example.com/a", "a\\\\b", "", "a/./b"}) {
        const auto message = message_of(R"({"weight_map":{"w":")" + std::string(name) + "\"}}");
        BOOST_TEST(message.find("weight_map") != std::string::npos, message);
    }
    BOOST_TEST(message_of("nonsense").find("index is not json-encoded string") != std::string::npos);
    BOOST_TEST(message_of("[]").find("not refused") == std::string::npos);
    BOOST_TEST(message_of(R"({"weight_map":{"w":1}})").find("$.weight_map") != std::string::npos);
    seed({{"model.safetensors.index.json", "{}"}}, "acme/empty");
    const auto empty = wait(api.get_safetensors_metadata("acme/empty"));
    BOOST_TEST(empty.sharded);
    BOOST_TEST(empty.files_metadata.empty());
}

BOOST_AUTO_TEST_CASE(a_broken_shard_ends_the_call)
{
    auto files = sharded();
    files[2].second = file_with("{}}");
    seed(files);
    try {
        (void)wait(api.get_safetensors_metadata("acme/tiny"));
        BOOST_ERROR("not refused");
    } catch (const SafetensorsParsingError& error) {
        BOOST_TEST(error.context().path == "sub/model-2.safetensors");
    }
    seed(sharded("none.safetensors"), "acme/missing");
    BOOST_CHECK_THROW(wait(api.get_safetensors_metadata("acme/missing")), EntryNotFoundError);
}

BOOST_AUTO_TEST_CASE(a_server_that_ignores_ranges)
{
    seed({{"short.safetensors", file_with(two_tensors, 2'000'000)},
          {"long.safetensors", file_with(padded(two_tensors, 300'000), 2'000'000)}});
    fault(emulator::FaultAction::ignore_range);
    BOOST_TEST(parse("short.safetensors").tensors.size() == 2u);
    BOOST_TEST(parse("long.safetensors").tensors.size() == 2u);
}

BOOST_AUTO_TEST_CASE(another_range_than_was_asked_for)
{
    seed({{"model.safetensors", file_with(two_tensors, 32)}});
    fault(emulator::FaultAction::bad_range);
    try {
        (void)parse();
        BOOST_ERROR("not refused");
    } catch (const HubError& error) {
        BOOST_TEST(std::string(error.what()).find("was asked for the bytes from 0 on") != std::string::npos,
                   error.what());
    }
}

BOOST_AUTO_TEST_CASE(a_body_that_breaks_off_is_asked_for_again)
{
    seed({{"model.safetensors", file_with(padded(two_tensors, 200'000), 32)}});
    // The first range passes; the second breaks off twice.
    emulator.add_fault(
        {.origin = "storage", .skip = 1, .times = 2, .action = emulator::FaultAction::reset, .at = 100});
    BOOST_TEST(parse().tensors.size() == 2u);
    BOOST_TEST(clock->waits >= 2);
    emulator.add_fault({.origin = "storage", .times = -1, .action = emulator::FaultAction::reset, .at = 100});
    BOOST_CHECK_THROW(parse(), ConnectionError);
}

BOOST_AUTO_TEST_CASE(the_call_can_be_cancelled)
{
    seed(sharded());
    fault(emulator::FaultAction::stall);
    BOOST_CHECK_THROW(
        wait(with_deadline(api.get_safetensors_metadata("acme/tiny"), std::chrono::milliseconds(300))),
        TimeoutError);
}

BOOST_AUTO_TEST_CASE(the_storage_gets_the_range_and_no_token)
{
    seed({{"model.safetensors", file_with(two_tensors, 200'000)}});
    BOOST_TEST(wait(api.get_safetensors_metadata("acme/tiny")).parameter_count.at("F32") == 6u);
    const auto storage = asked("storage");
    BOOST_TEST(storage.size() == 1u);
    BOOST_TEST(storage.front().find("bytes=0-100000") != std::string::npos, storage.front());
    for (const auto& seen : emulator.requests())
        for (const auto& [name, value] : seen.headers)
            BOOST_TEST((seen.origin == "hub" || (name != "authorization" && name != "Authorization")));
}

BOOST_AUTO_TEST_SUITE_END()
