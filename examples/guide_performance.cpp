// docs/guides/performance.md: what a call costs, and the limits that a Hub keeps.
#include <hfasync/hfasync.hpp>
#include <iostream>

namespace asio = boost::asio;

int main()
{
    //[limits
    auto options = hfasync::HubOptions::from_env();
    options.connections.per_origin = 256; // more than that wait for a connection
    options.connections_per_file = 4;     // ranges of one large file
    options.memory_budget = 64u << 20;    // bytes of buffers in flight, whatever runs at once
    options.worker_threads = 4;           // hashing and disk
    //]
    //[report
    options.on_request = [](const hfasync::RequestReport& report) {
        std::cerr << report.method << " " << report.url << " " << report.status << ": first byte after "
                  << report.first_byte.count() << " us, " << report.bytes_received << " bytes in "
                  << report.total.count() << " us" << (report.reused_connection ? ", connection kept" : "")
                  << "\n";
    };
    //]
    hfasync::Hub hub(options);
    const hfasync::HfApi api(hub);
    hub.block_on(api.snapshot_download("acme/tiny", {.max_workers = 32}));
}
