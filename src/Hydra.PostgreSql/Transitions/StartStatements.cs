using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;
using Hydra.Relational.Reading;
using Npgsql;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Binds the starts of a batch.</summary>
internal static class StartStatements
{
    /// <summary>
    /// Adds what inserts them, or leaves out those whose id or key is taken. The one result are those that were
    /// inserted.
    /// </summary>
    public static void AddInserts(Exchange exchange, List<StartOperation> starts, PostgreSqlSql sql)
    {
        BindSchedules(
            exchange.AddTimed(sql.InsertExecutions)
                .BindIds(starts, static start => start.Id)
                .Bind(starts.Column(static start => start.Workflow))
                .Bind(starts.Column(static start => start.Key)),
            starts);
        BindInputs(exchange.AddScoped(sql.InsertInputs), starts);
        AddExtras(exchange, starts, sql);
    }

    /// <summary>Adds the same for starts none of which has a key or was made before, or else it fails.</summary>
    public static void AddNew(Exchange exchange, List<StartOperation> starts, PostgreSqlSql sql)
    {
        var floor = exchange.Floor; // One for both, so that both come to the same time.
        BindSchedules(
            exchange.AddTimed(sql.InsertNew, floor)
                .BindIds(starts, static start => start.Id)
                .Bind(starts.Column(static start => start.Workflow)),
            starts);
        BindInputs(exchange.AddTimed(sql.InsertNewInputs, floor), starts);
        AddExtras(exchange, starts, sql);
    }

    public static void AddReads(Exchange exchange, List<StartOperation> starts, PostgreSqlSql sql) =>
        exchange.AddScoped(sql.ReadStarted)
            .BindIds(starts, static start => start.Id)
            .Bind(starts.Column(static start => start.Key));

    /// <summary>Adds what only few have: where they come from, and entries to begin with.</summary>
    private static void AddExtras(Exchange exchange, List<StartOperation> starts, PostgreSqlSql sql)
    {
        if (starts.FindAll(static start => start.Origin is not null) is { Count: > 0 } made)
        {
            exchange.AddScoped(sql.InsertOrigins)
                .BindIds(made, static start => start.Id)
                .Bind(made.Column(static start => (short)start.Origin!.Kind))
                .Bind(made.Column(static start => start.Origin!.Source?.Value))
                .Bind(made.Column(static start => start.Origin!.Name))
                .Bind(made.Column(static start => start.Origin!.Seq))
                .Bind(made.Column(static start => start.Origin!.At?.Micros))
                .Bind(made.Column(static start => (int)start.Origin!.Edits));
        }

        if (starts.FindAll(static start => start.Prefix.Count > 0) is { Count: > 0 } begun)
        {
            TransactionWriter.BindEntries(
                exchange.AddScoped(sql.InsertPrefixes),
                [.. begun.SelectMany(static start => start.Prefix.Select(entry => (start.Id, entry)))]);
            exchange.AddScoped(sql.SetPrefixEnds)
                .BindIds(begun, static start => start.Id)
                .Bind(begun.Column(static start => start.LastSeq));
        }
    }

    private static void BindSchedules(NpgsqlBatchCommand command, List<StartOperation> starts) => command
        .Bind(starts.Column(static start => start.InputHash))
        .Bind(starts.Column(static start => (short)start.Priority))
        .Bind(starts.Column(static start => start.MaxAttempts))
        .Bind(starts.Column(static start => Rows.Micros(start.RetryBackoff)))
        .Bind(starts.Column(static start => Rows.Micros(start.Delay)))
        .Bind(starts.Column(static start => start.DueAt?.Micros))
        .Bind(starts.Column(static start => start.Timeout is { } timeout ? Rows.Micros(timeout) : (long?)null))
        .Bind(starts.Column(static start => start.Owner.Value));

    private static void BindInputs(NpgsqlBatchCommand command, List<StartOperation> starts) => command
        .BindIds(starts, static start => start.Id)
        .Bind(starts.Column(static start => (short)start.Input.Kind))
        .Bind(starts.Column(static start => Binding.Bytes(start.Input.Input)))
        .Bind(starts.Column(static start => Binding.Bytes(start.Input.Output)))
        .Bind(starts.Column(static start => start.Input.Attempt))
        .Bind(starts.Column(static start => start.Input.Epoch))
        .Bind(starts.Column(static start => start.Input.Worker))
        .Bind(starts.Column(static start => start.Input.Key))
        .Bind(starts.Column(static start => start.Input.OriginSeq));
}
