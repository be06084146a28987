// kill -9 of `hfasync upload-large-folder` in each of its four stages: what is done is never done again.
// ctest: label=kill timeout=300
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <random>
#include <regex>
#include <sstream>
#include <thread>

#include "base/hash.hpp"
#include "transfer/kill_upload.hpp"
#include "transfer/ndjson_body.hpp"
#include "transfer/upload_fixture.hpp"
#include "transfer/upload_metadata.hpp"

using namespace hfasync;
using namespace hfasync::tests;

namespace fs = std::filesystem;

namespace {

constexpr std::size_t wanted_kills = 100;
constexpr std::size_t least_of_a_stage = 20;
constexpr int most_rounds = 30;
constexpr int most_wait_ms = 60'000; // a bound for a child that hangs
constexpr int small_files = 160, lfs_files = 12, multipart_files = 3;

emulator::Options hub_options(Traps& traps)
{
    emulator::Options options;
    options.lfs_threshold = 8u << 10;
    options.multipart_threshold = 96u << 10;
    options.part_size = 48u << 10;
    options.on_request = [&traps](const emulator::SeenRequest& request) { traps(request); };
    return options;
}

/// Of the embedded Hub, which lives in this process. (Its files are no measure: of an upload that was cut off
/// it keeps the parts.)
std::size_t open_sockets()
{
    std::size_t n = 0;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
        std::error_code ec;
        n += fs::read_symlink(entry.path(), ec).string().starts_with("socket:");
    }
    return n;
}

std::string text_of(const fs::path& path)
{
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

/// One folder and one repo, killed again and again until the folder is uploaded.
class Round {
public:
    Round(emulator::Emulator& server, Traps& traps, unsigned number)
        : server_(server), traps_(traps), random_(number), repo_("acme/round-" + std::to_string(number))
    {
        const auto add = [&](const std::string& name, std::size_t size) {
            const auto text = UploadFixture::content(size, number * 1'000 + unsigned(files_.size()));
            fs::create_directories((root() / name).parent_path());
            std::ofstream(root() / name, std::ios::binary) << text;
            files_[name] = text;
        };
        for (int i = 0; i < small_files; ++i)
            add("small/" + std::to_string(i) + ".txt", 100u + 3u * static_cast<unsigned>(i));
        for (int i = 0; i < lfs_files; ++i)
            add("lfs/" + std::to_string(i) + ".bin", 9'000u + 3'000u * static_cast<unsigned>(i));
        for (int i = 0; i < multipart_files; ++i)
            add("parts/" + std::to_string(i) + ".bin", 150'000u + 1'000u * static_cast<unsigned>(i));
        server_.forget_requests();
    }

    /// Runs until the kill of that stage (or a commit, before which the run must not end by itself) or to the
    /// end. \returns the stage it was killed in
    std::optional<Stage> run(std::optional<Stage> stage)
    {
        std::vector<Trap> traps;
        if (stage) {
            if (*stage != Stage::hash) traps.push_back(trap(*stage));
            if (*stage != Stage::commit) traps.push_back({Stage::commit, "POST", "/commit/", "*/commit/*"});
        }
        for (const auto& trap : traps)
            server_.add_fault(trap.rule());
        traps_.set(traps);
        const auto committed = records([](const auto& record) { return record.is_committed; });
        const auto hashed = records([](const auto& record) { return !record.sha256.empty(); });
        const auto left = files_.size() - hashed.size();
        const std::size_t reads =
            stage == Stage::hash && left > 1 ? 1 + random_() % (left / 2) : static_cast<std::size_t>(-1);

        const auto before = open_sockets();
        std::set<std::string> read;
        const auto killed = run_child(reads, read, stage);
        server_.clear_faults();
        // The embedded Hub finishes what it has got: a commit may still land.
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(most_wait_ms);
        while (open_sockets() > before && std::chrono::steady_clock::now() < end)
            std::this_thread::yield();
        BOOST_TEST(open_sockets() <= before);

        for (const auto& name : committed)
            BOOST_TEST(!read.contains(name), name << " is committed, but was read again");
        check_records();
        return killed;
    }

    void check_end()
    {
        auto client = make_client();
        HfApi api(client);
        std::map<std::string, std::string> found;
        const auto entries =
            client.block_on(api.list_repo_tree(repo_, ListRepoTreeOptions{.recursive = true}).collect());
        for (const auto& entry : entries)
            if (const auto* file = std::get_if<RepoFile>(&entry); file && file->path != ".gitattributes")
                found[file->path] = file->lfs ? file->lfs->sha256 : file->blob_id;
        std::map<std::string, std::string> wanted;
        for (const auto& [name, text] : files_)
            wanted[name] = is_lfs(text) ? detail::sha256_hex(text) : detail::git_blob_sha1(text);
        BOOST_CHECK(found == wanted);
        BOOST_TEST(records([](const auto& record) { return record.is_committed; }).size() == files_.size());
        const auto history = client.block_on(api.list_repo_commits(repo_).collect());
        check_commits(history.size() - 1);
        check_contents();
    }

private:
    const fs::path& root() const { return folder_.path(); }
    static bool is_lfs(const std::string& text) { return text.size() >= 8u << 10; }
    static bool is_multipart(const std::string& text) { return text.size() > 96u << 10; }
    Hub make_client() const
    {
        HubOptions options;
        options.endpoint = server_.endpoint();
        options.token = server_.token();
        return Hub(options);
    }

    Trap trap(Stage stage)
    {
        const auto number = [&](std::uint64_t below) { return random_() % below; };
        const auto somewhere = [&](std::uint64_t below) -> std::optional<std::uint64_t> {
            if (number(2) == 0) return std::nullopt;
            return number(below);
        };
        if (stage == Stage::mode)
            return {stage, "POST", "/preupload/", "*/preupload/*", int(number(2)), somewhere(1'000)};
        if (stage == Stage::commit)
            return {stage, "POST", "/commit/", "*/commit/*", int(number(2)), somewhere(3'000)};
        switch (number(5)) {
        case 0:
            return {stage, "POST", "/objects/batch", "*/objects/batch", 0, somewhere(50)};
        case 1:
            return {stage, "POST", "/complete_multipart", "/api/complete_multipart", 0, somewhere(50)};
        case 2:
            return {stage, "POST", "/lfs/verify", "*/lfs/verify", 0, somewhere(20)};
        default:
            return {stage, "PUT", "", "*", int(number(3)), somewhere(8'000)};
        }
    }

    std::optional<Stage> run_child(std::size_t reads, std::set<std::string>& read, std::optional<Stage> stage)
    {
        Reads watch(root(), {"small", "lfs", "parts"});
        Child child({HFASYNC_TEST_BIN_DIR "/hfasync", "upload-large-folder", repo_, root().string(),
                     "--repo-type", "model", "--no-report", "--no-bars", "--num-workers", "2"},
                    {"HF_ENDPOINT=" + server_.endpoint(), "HF_TOKEN=" + server_.token(),
                     "HF_HOME=" + (home_.path() / "hf").string(), "HOME=" + home_.path().string()});
        std::size_t seen = 0;
        std::optional<Stage> killed;
        for (bool runs = true; runs;) {
            pollfd events[] = {{child.output(), POLLIN, 0},
                               {watch.fd(), POLLIN, 0},
                               {killed ? -1 : traps_.event(), POLLIN, 0}};
            if (::poll(events, 3, most_wait_ms) == 0) {
                BOOST_ERROR("the child hangs: " << child.text());
                child.kill();
            }
            if (events[1].revents) seen += watch.take(read);
            if (!killed && (traps_.sprung() || seen >= reads)) {
                child.kill();
                killed = traps_.sprung().value_or(Stage::hash);
            }
            if (events[0].revents) runs = child.read_output();
        }
        const int status = child.wait();
        watch.take(read);
        if (!WIFSIGNALED(status)) killed.reset(); // it was faster
        if (!killed) BOOST_TEST(status == 0, "exit status " << status << ": " << child.text());
        if (!stage) BOOST_TEST(!killed);
        return killed;
    }

    /// The files whose record says so.
    template <class Says>
    std::vector<std::string> records(Says says) const
    {
        std::vector<std::string> names;
        for (const auto& [name, text] : files_) {
            const auto path = root() / ".cache/huggingface/upload" / (name + ".metadata");
            if (!fs::exists(path)) continue;
            const auto record = detail::parse_upload_metadata(text_of(path));
            if (record && says(*record)) names.push_back(name);
        }
        return names;
    }

    /// Seven lines each, as the reference reads them; no half of one.
    void check_records() const
    {
        static const std::regex form(
            "[0-9]+(\\.[0-9]+)?\n[0-9]+\n[01]?\n([0-9a-f]{64})?\n(regular|lfs)?\n[01]\n[01]\n");
        std::error_code none;
        for (const auto& entry : fs::recursive_directory_iterator(root() / ".cache/huggingface", none))
            if (entry.path().extension() == ".metadata") {
                const auto text = text_of(entry.path());
                BOOST_TEST(std::regex_match(text, form), entry.path() << ": " << text);
            }
    }

    /// Every file stands in exactly one commit: each must be there, so the sum of what was sent tells.
    void check_commits(std::size_t in_history) const
    {
        std::uint64_t sent = 0, commits = 0;
        for (const auto& request : server_.requests())
            if (request.method == "POST" && request.target.find("/commit/") != std::string::npos &&
                request.status == 200) {
                sent += request.body_bytes;
                ++commits;
            }
        BOOST_TEST(commits == in_history);
        std::vector<detail::CommitLine> lines;
        for (std::uint64_t i = 0; i < commits; ++i)
            lines.push_back(detail::header_line(
                {.summary = "Add files using upload-large-folder tool", .description = {}}));
        for (const auto& [name, text] : files_) {
            if (is_lfs(text)) {
                lines.push_back(detail::lfs_line(name, detail::sha256_hex(text), text.size()));
                continue;
            }
            lines.push_back(detail::file_line(std::make_shared<detail::Addition>(
                detail::Addition{.path_in_repo = name, .source = root() / name, .size = text.size()})));
        }
        BOOST_TEST(sent == detail::ndjson_size(lines));
    }

    /// LFS content arrives once, and never after a commit has it.
    void check_contents() const
    {
        std::map<std::string, std::size_t> puts; // that worked, by oid
        std::size_t completions = 0;
        for (const auto& request : server_.requests()) {
            if (request.status != 200) continue;
            completions += request.target.find("/complete_multipart") != std::string::npos;
            if (request.method != "PUT") continue;
            for (const auto& [name, text] : files_)
                if (is_lfs(text) && request.target.find(detail::sha256_hex(text)) != std::string::npos)
                    ++puts[name];
        }
        for (const auto& [name, text] : files_) {
            if (!is_lfs(text)) continue;
            if (is_multipart(text))
                BOOST_TEST(puts[name] >= 4u, name); // parts of an upload that was cut off are sent again
            else
                BOOST_TEST(puts[name] == 1u, name);
        }
        BOOST_TEST(completions == std::size_t(multipart_files));
    }

    emulator::Emulator& server_;
    Traps& traps_;
    std::minstd_rand random_;
    std::string repo_;
    TempFolder folder_, home_;
    std::map<std::string, std::string> files_; ///< contents by name
};

} // namespace

BOOST_AUTO_TEST_SUITE(transfer_kill_upload)

BOOST_AUTO_TEST_CASE(a_hundred_kills_lose_nothing_and_repeat_nothing)
{
    Traps traps;
    emulator::Emulator server(hub_options(traps));
    std::map<Stage, std::size_t> kills;
    const auto total = [&] {
        std::size_t sum = 0, least = wanted_kills;
        for (const auto stage : {Stage::hash, Stage::mode, Stage::lfs, Stage::commit}) {
            sum += kills[stage];
            least = std::min(least, kills[stage]);
        }
        return least < least_of_a_stage ? std::min(sum, wanted_kills - 1) : sum;
    };
    unsigned number = 0;
    for (; total() < wanted_kills && number < most_rounds; ++number)
        BOOST_TEST_CONTEXT("round " << number)
        {
            Round round(server, traps, number);
            const Stage in_turn[] = {Stage::hash, Stage::mode, Stage::lfs,    Stage::lfs,   Stage::lfs,
                                     Stage::hash, Stage::mode, Stage::commit, Stage::commit};
            bool over = false;
            for (const Stage stage : in_turn) {
                const auto killed = round.run(stage);
                over = !killed;
                if (over) break; // it came to its end
                ++kills[*killed];
            }
            if (!over) round.run(std::nullopt);
            round.check_end();
        }
    BOOST_TEST_MESSAGE("kills: hash " << kills[Stage::hash] << ", upload mode " << kills[Stage::mode]
                                      << ", LFS " << kills[Stage::lfs] << ", commit " << kills[Stage::commit]
                                      << " in " << number << " rounds");
    BOOST_TEST(total() >= wanted_kills);
}

BOOST_AUTO_TEST_SUITE_END()
