using Hydra.Soak.Servers;

namespace Hydra.Soak;

public sealed class PostgreSqlStoppedBodyTests() : StoppedBodyTests(new PostgreSqlSoakServer());
