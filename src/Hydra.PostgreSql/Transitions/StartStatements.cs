using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;
using Hydra.Relational.Reading;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Binds the starts of a batch.</summary>
internal static class StartStatements
{
    /// <summary>Adds what inserts them; the one result are those that were not there, as inserted.</summary>
    public static void AddInserts(Exchange exchange, List<StartOperation> starts, PostgreSqlSql sql)
    {
        var floor = exchange.Floor; // One for both, so that both come to the same time.
        exchange.AddTimed(sql.InsertExecutions, floor)
            .BindIds(starts, static start => start.Id)
            .Bind(starts.Column(static start => start.Workflow))
            .Bind(starts.Column(static start => start.Key))
            .Bind(starts.Column(static start => start.InputHash))
            .Bind(starts.Column(static start => (short)start.Priority))
            .Bind(starts.Column(static start => start.MaxAttempts))
            .Bind(starts.Column(static start => Rows.Micros(start.RetryBackoff)))
            .Bind(starts.Column(static start => Rows.Micros(start.Delay)))
            .Bind(starts.Column(static start => start.DueAt?.Micros))
            .Bind(starts.Column(static start => start.Timeout is { } timeout ? Rows.Micros(timeout) : (long?)null))
            .Bind(starts.Column(static start => start.Owner.Value));
        var inputs = starts.TrueForAll(static start => start.Key is null)
            ? exchange.AddTimed(sql.InsertUnkeyedInputs, floor)
            : exchange.AddScoped(sql.InsertInputs);
        inputs.BindIds(starts, static start => start.Id)
            .Bind(starts.Column(static start => (short)start.Input.Kind))
            .Bind(starts.Column(static start => Binding.Bytes(start.Input.Input)))
            .Bind(starts.Column(static start => Binding.Bytes(start.Input.Output)))
            .Bind(starts.Column(static start => start.Input.Attempt))
            .Bind(starts.Column(static start => start.Input.Epoch))
            .Bind(starts.Column(static start => start.Input.Worker));
    }

    public static void AddReads(Exchange exchange, List<StartOperation> starts, PostgreSqlSql sql) =>
        exchange.AddScoped(sql.ReadStarted)
            .BindIds(starts, static start => start.Id)
            .Bind(starts.Column(static start => start.Key));
}
