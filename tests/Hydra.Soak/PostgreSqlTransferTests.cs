using Hydra.Soak.Servers;
using Hydra.Soak.Transfers;

namespace Hydra.Soak;

[Collection(nameof(OneBank))]
public sealed class PostgreSqlTransferTests(ITestOutputHelper output)
    : ServerTransferTests(new PostgreSqlSoakServer(), output);
