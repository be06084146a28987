// A Hub for your own tests: starts in milliseconds, on loopback, with nothing to install.
#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hfasync.hpp>
#include <iostream>

int main()
{
    hfasync::emulator::Emulator server;
    server.seed_repo("acme/tiny", {{"config.json", "{}"}, {"README.md", "# tiny\n"}});
    // The first request is answered 503: the client tries again.
    server.add_fault({.method = "GET",
                      .path = "/api/models/acme/tiny*",
                      .action = hfasync::emulator::FaultAction::status});

    hfasync::Hub hub({.endpoint = server.endpoint(),
                      .token = server.token(),
                      .retry = {.base = std::chrono::milliseconds(1)}});
    hfasync::HfApi api(hub);
    const auto model = hub.block_on(api.model_info("acme/tiny"));
    std::cout << model.id << " after " << server.requests().size() << " requests\n";
    return model.siblings && !model.siblings->empty() && server.requests().size() == 2 ? 0 : 1;
}
