using MySqlConnector;

namespace Hydra.MySql.Connections;

/// <summary>The pools of one store, which are replaced together.</summary>
/// <remarks>
/// The driver empties the pool of a data source only by disposing the source. What is in use then is closed when it is
/// given back.
/// </remarks>
internal sealed class Pools(string connectionString, MySqlConnectionOpenedCallback settle) : IAsyncDisposable
{
    /// <summary>For what the engine does.</summary>
    public MySqlDataSource Working { get; } = Create(ConnectionStrings.Working(connectionString), settle);

    /// <summary>For reads on behalf of callers.</summary>
    public MySqlDataSource Reading { get; } = Create(ConnectionStrings.Reading(connectionString), settle);

    /// <summary>For bodies of users, which keep connections for as long as their work takes.</summary>
    public MySqlDataSource Lending { get; } = new(ConnectionStrings.Lending(connectionString));

    public async ValueTask DisposeAsync()
    {
        await Working.DisposeAsync();
        await Reading.DisposeAsync();
        await Lending.DisposeAsync();
    }

    private static MySqlDataSource Create(string connectionString, MySqlConnectionOpenedCallback settle) =>
        new MySqlDataSourceBuilder(connectionString).UseConnectionOpenedCallback(settle).Build();
}
