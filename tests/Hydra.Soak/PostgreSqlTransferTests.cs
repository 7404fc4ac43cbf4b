using Hydra.Soak.Servers;

namespace Hydra.Soak;

public sealed class PostgreSqlTransferTests(ITestOutputHelper output)
    : ServerTransferTests(new PostgreSqlSoakServer(), output);
