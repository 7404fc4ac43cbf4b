using Hydra.Soak.Servers;

namespace Hydra.Soak;

public sealed class MySqlTransferTests(ITestOutputHelper output)
    : ServerTransferTests(new MySqlSoakServer(), output);
