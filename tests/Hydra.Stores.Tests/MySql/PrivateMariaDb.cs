namespace Hydra.Stores.Tests;

/// <summary>One of MariaDB, for what MySQL does not have.</summary>
public sealed class PrivateMariaDb() : PrivateMySql("mariadb.sh");
