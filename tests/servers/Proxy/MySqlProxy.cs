using MySqlConnector;

namespace Hydra.Tests.Servers;

/// <summary>
/// Before a MySQL or MariaDB server. What is complete is told by the whole text that was executed, often of several
/// statements, once the last of them has succeeded.
/// </summary>
internal sealed class MySqlProxy(string connectionString) : CuttingProxy(
    new MySqlConnectionStringBuilder(connectionString).Server,
    (int)new MySqlConnectionStringBuilder(connectionString).Port)
{
    public override string ConnectionString => new MySqlConnectionStringBuilder(connectionString)
    {
        Port = (uint)Port,
        SslMode = MySqlSslMode.None,
        UseCompression = false,
    }.ConnectionString;

    /// <remarks>It comes behind other statements, and READ COMMITTED is none.</remarks>
    public override bool Commits(string text) => text.Contains(";COMMIT", StringComparison.Ordinal);

    public override bool Reads(string text) => !Commits(text) && text.Contains("SELECT", StringComparison.Ordinal);

    protected override Dialogue Listen() => new MySqlDialogue();
}
