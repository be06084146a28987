// upload_large_folder without enough file descriptors: contracts of faults, EMFILE.
// ctest: timeout=300
#include <boost/test/unit_test.hpp>

#include "transfer/kill_upload.hpp"
#include "transfer/upload_fault.hpp"

#include "support/sanitized.hpp"

using namespace hfasync;
using namespace hfasync::tests;

namespace {

struct Fixture : UploadFaults {
    /// The program's wait status, in a shell that allows it so many descriptors.
    int upload(int descriptors)
    {
        TempFolder home;
        Child child({"/bin/sh", "-c", "ulimit -n " + std::to_string(descriptors) + "; exec \"$0\" \"$@\"",
                     HFASYNC_TEST_BIN_DIR "/hfasync", "upload-large-folder", repo, folder.path().string(),
                     "--repo-type", "model", "--no-report", "--no-bars", "--num-workers", "8"},
                    {"PATH=/usr/bin:/bin", "HF_ENDPOINT=" + server.endpoint(), "HF_TOKEN=" + server.token(),
                     "HF_HOME=" + home.path().string(), "HFASYNC_MAX_RETRIES=1"});
        while (child.read_output()) {
        }
        text = child.text();
        return child.wait();
    }
    std::string text;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_upload_fault_descriptors, Fixture)

BOOST_AUTO_TEST_CASE(too_few_descriptors_are_an_error_or_a_wait_but_nothing_is_lost)
{
    std::map<std::string, std::string> wanted;
    const auto put = [&](const std::string& name, const std::string& bytes) {
        write(name, bytes);
        wanted[name] = entry(bytes);
    };
    for (unsigned i = 0; i < 40; ++i)
        put("s/" + std::to_string(i) + ".txt", content(2'000, 1'000 + i));
    for (unsigned i = 0; i < 8; ++i)
        put("l/" + std::to_string(i) + ".bin", content(whole, i));
    put("parts.bin", content(in_parts, 99));
    const int own = hfasync::test::sanitized ? 16 : 0; // the checks of UBSan need some
    for (const int descriptors : {own + 12, own + 16, own + 20, own + 24})
        BOOST_TEST_CONTEXT(descriptors << " descriptors")
        {
            const int status = upload(descriptors);
            BOOST_TEST(!WIFSIGNALED(status), "killed by signal " << WTERMSIG(status) << ": " << text);
            BOOST_TEST_MESSAGE(descriptors << ": " << text);
            if (WEXITSTATUS(status) != 0) BOOST_TEST(!text.empty()); // it says what is wrong
        }
    const int status = upload(256);
    BOOST_TEST(status == 0, text);
    BOOST_CHECK(listing() == wanted);
    std::size_t made = 0;
    for (const auto& request : seen("POST", "/commit/"))
        made += request.status == 200;
    BOOST_TEST(commits_of_repo() == 1 + made);
}

BOOST_AUTO_TEST_SUITE_END()
