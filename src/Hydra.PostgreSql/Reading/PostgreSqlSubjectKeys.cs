using Hydra.PostgreSql.Connections;
using Npgsql;

namespace Hydra.PostgreSql.Reading;

/// <summary>The keys of subjects in a schema.</summary>
internal sealed class PostgreSqlSubjectKeys(Database database) : ISubjectKeyStore
{
    public async Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var found = await database.RunAsync(
            async exchange =>
            {
                exchange.Begin();
                exchange.AddScoped(database.Sql.FindSubjectKey).Bind(id);
                exchange.Commit(writes: false);
                await exchange.SendAsync(cancellationToken);
                var rows = await exchange.ReadAsync(Read, cancellationToken);
                await exchange.EndAsync(cancellationToken);
                return rows;
            },
            cancellationToken);
        return found.FirstOrDefault();
    }

    /// <remarks>The look behind the insert sees what was committed before it: the row stays for ever.</remarks>
    public async Task<SubjectKeyRow> AddAsync(string id, string wrapped, CancellationToken cancellationToken)
    {
        await AddAsync(id, wrapped).WaitAsync(cancellationToken);
        return (await FindAsync(id, cancellationToken))!;
    }

    public async Task<IReadOnlyList<SubjectKeyRow>> ListAsync(
        string? afterId, int limit, CancellationToken cancellationToken) => await database.RunAsync(
        async exchange =>
        {
            exchange.Begin();
            exchange.AddScoped(database.Sql.ListSubjectKeys).Bind(afterId ?? "").Bind(limit);
            exchange.Commit(writes: false);
            await exchange.SendAsync(cancellationToken);
            var rows = await exchange.ReadAsync(Read, cancellationToken);
            await exchange.EndAsync(cancellationToken);
            return rows;
        },
        cancellationToken);

    /// <remarks>The look behind the change sees it; two who change the same have each other's to compare.</remarks>
    public async Task<bool> ReplaceAsync(
        string id, string expected, string wrapped, CancellationToken cancellationToken)
    {
        await ReplaceAsync(id, expected, wrapped).WaitAsync(cancellationToken);
        return (await FindAsync(id, cancellationToken))?.Wrapped == wrapped;
    }

    public Task<bool> DestroyAsync(string id, CancellationToken cancellationToken) =>
        DestroyAsync(id).WaitAsync(cancellationToken);

    private Task<bool> AddAsync(string id, string wrapped) => database.RunAsync(
        async exchange =>
        {
            exchange.Begin();
            exchange.AddScoped(database.Sql.AddSubjectKey).Bind(id).Bind(wrapped);
            exchange.Commit();
            await exchange.SendAsync();
            await exchange.EndAsync();
            return true;
        });

    private Task<bool> ReplaceAsync(string id, string expected, string wrapped) => database.RunAsync(
        async exchange =>
        {
            exchange.Begin();
            exchange.AddScoped(database.Sql.ReplaceSubjectKey).Bind(id).Bind(expected).Bind(wrapped);
            exchange.Commit();
            await exchange.SendAsync();
            await exchange.EndAsync();
            return true;
        });

    private Task<bool> DestroyAsync(string id) => database.RunAsync(
        async exchange =>
        {
            exchange.Begin();
            exchange.AddScoped(database.Sql.FindSubjectKey).Bind(id);
            exchange.AddScoped(database.Sql.DestroySubjectKey).Bind(id);
            exchange.Commit();
            await exchange.SendAsync();
            var found = await exchange.ReadAsync(Read);
            await exchange.EndAsync();
            return found is [{ IsDestroyed: false }];
        });

    private static SubjectKeyRow Read(NpgsqlDataReader row) =>
        new(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1));
}
