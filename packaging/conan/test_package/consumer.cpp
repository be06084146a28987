// A call against an embedded Hub: headers, both libraries and what they need are found.
#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hfasync.hpp>
#include <iostream>

int main()
{
    hfasync::emulator::Emulator server;
    server.seed_repo("acme/tiny", {{"config.json", "{}"}});
    hfasync::Hub hub({.endpoint = server.endpoint(), .token = server.token()});
    const auto model = hub.block_on(hfasync::HfApi(hub).model_info("acme/tiny"));
    std::cout << "hfasync " << HFASYNC_VERSION << ": " << model.id << "\n";
    return model.id == "acme/tiny" ? 0 : 1;
}
