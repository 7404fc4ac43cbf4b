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

    /// <remarks>
    /// The engine's comes behind other statements, and READ COMMITTED is none; the driver's own comes alone.
    /// </remarks>
    public override bool Commits(string text) =>
        text.Contains(";COMMIT", StringComparison.Ordinal)
        || text.TrimEnd(';').Equals("COMMIT", StringComparison.OrdinalIgnoreCase);

    public override bool Reads(string text) => !Commits(text) && text.Contains("SELECT", StringComparison.Ordinal);

    protected override Dialogue Listen() => new MySqlDialogue();
}
