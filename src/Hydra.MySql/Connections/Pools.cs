using MySqlConnector;

namespace Hydra.MySql.Connections;

/// <summary>The pools of one store, which are replaced together.</summary>
/// <remarks>
/// The driver empties the pool of a data source only by disposing the source. What is in use then is closed when it is
/// given back.
/// </remarks>
/// <param name="connectionString">One host.</param>
/// <param name="settle">Tells a connection of the engine's what it is for.</param>
/// <param name="settleAlone">The same, without the thread pool.</param>
/// <param name="look">Looks at a connection that is lent.</param>
internal sealed class Pools(
    string connectionString,
    MySqlConnectionOpenedCallback settle,
    MySqlConnectionOpenedCallback settleAlone,
    MySqlConnectionOpenedCallback look)
    : IAsyncDisposable
{
    /// <summary>No pool: what must not wait for one.</summary>
    public MySqlDataSource Alone { get; } = Create(ConnectionStrings.Alone(connectionString), settleAlone);


    /// <summary>For what the engine does.</summary>
    public MySqlDataSource Working { get; } = Create(ConnectionStrings.Working(connectionString), settle);

    /// <summary>For reads on behalf of callers.</summary>
    public MySqlDataSource Reading { get; } = Create(ConnectionStrings.Reading(connectionString), settle);

    /// <summary>For bodies of users, which keep connections for as long as their work takes.</summary>
    public MySqlDataSource Lending { get; } = Create(ConnectionStrings.Lending(connectionString), look);

    public async ValueTask DisposeAsync()
    {
        await Working.DisposeAsync();
        await Reading.DisposeAsync();
        await Lending.DisposeAsync();
        await Alone.DisposeAsync();
    }

    private static MySqlDataSource Create(string connectionString, MySqlConnectionOpenedCallback settle) =>
        new MySqlDataSourceBuilder(connectionString).UseConnectionOpenedCallback(settle).Build();
}
