using Hydra.Soak.Servers;
using Hydra.Soak.Support;

namespace Hydra.Soak;

[Collection(nameof(Alone))]
public sealed class PostgreSqlStoppedBodyTests() : StoppedBodyTests(new PostgreSqlSoakServer());
