using System.Data;
using System.Data.Common;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>Steps whose bodies write as a user of the database who may do little else.</summary>
internal static class LimitedUser
{
    // A right that is missing may be asked for again and again, and nobody else ends that.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs two of them, of which the second loses its first commit, so that a bar is put up.</summary>
    /// <param name="use">Chooses the store, as the worker's user.</param>
    /// <param name="limited">Connections of that user's.</param>
    /// <param name="table">The table, of one number, that it may insert into.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is recorded of the execution.</returns>
    public static async Task<ExecutionDetails> RunAsync(
        Action<HydraBuilder> use, DbDataSource limited, string table, CancellationToken cancellationToken)
    {
        using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        given.CancelAfter(Patience);
        var begun = 0;
        await using var hydra = await HydraEngine.OpenAsync(
            builder =>
            {
                use(builder);
                builder.MigrateOnOpen = false;
                builder.AddWorkflow<int, int>("sell", async (context, number) =>
                {
                    await context.TransactionAsync("plain", number, WriteAsync, new() { DataSource = limited });
                    return await context.TransactionAsync<CutTransaction, int, int>(
                        "cut",
                        number,
                        async (_, token) => new CutTransaction(
                            await ConnectionTransaction.BeginAsync(limited, IsolationLevel.Unspecified, token),
                            committed: false,
                            cuts: begun++ == 0),
                        (transaction, value, token) => WriteAsync(transaction.Transaction, value, token),
                        new() { Retry = new() { MaxAttempts = 2, Backoff = TimeSpan.Zero } });
                });
                builder.AddWorker();
            },
            given.Token);
        var handle = await hydra.Client.Workflow<int, int>("sell")
            .StartAsync(1, new() { MaxAttempts = 1 }, given.Token);
        await handle.ResultAsync(given.Token);
        return await handle.DescribeAsync(given.Token);

        async Task<int> WriteAsync(DbTransaction transaction, int number, CancellationToken token)
        {
            await using var command = transaction.Connection!.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = $"INSERT INTO {table} (number) VALUES ({number})";
            return await command.ExecuteNonQueryAsync(token);
        }
    }

    /// <summary>Does to schedules all that a worker does, and leaves one of the name "left".</summary>
    public static async Task ChangeSchedulesAsync(IWorkflowStore store, CancellationToken cancellationToken)
    {
        foreach (var name in new[] { "left", "gone" })
        {
            var row = new ScheduleRow { Name = name, Workflow = "double", ChangeId = 1, DueAt = Instant.Never };
            ScheduleChange[] changes =
            [
                new() { Name = name, ExpectedChange = null, Row = row },
                new() { Name = name, ExpectedChange = 1, Row = row with { ChangeId = 2 } },
            ];
            foreach (var change in changes)
            {
                Assert.True((await store.Schedules!.ApplyAsync(change, cancellationToken)).IsApplied);
            }
        }

        var removal = new ScheduleChange { Name = "gone", ExpectedChange = 2, Row = null };
        Assert.True((await store.Schedules!.ApplyAsync(removal, cancellationToken)).IsApplied);
        Assert.Single(await store.Schedules.ListAsync(null, 10, cancellationToken));
    }

    /// <summary>Ends an execution, with a key, as one user, and deletes it as another.</summary>
    public static async Task PruneAsync(
        IWorkflowStore worker, IWorkflowStore pruner, CancellationToken cancellationToken)
    {
        var key = $"pruned-{Guid.NewGuid()}";
        var id = ExecutionId.Create(
            DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), 1, ExecutionId.ShardOf(worker.Namespace, key));
        await worker.CommitAsync(
            new CommitBatch(SessionId.None, [Make.Start(id, key), Make.Terminate(id)]), cancellationToken);
        var page = await pruner.Retention!.ListEndedAsync(
            null, ExecutionId.Create(1L << 47, 0, 0), 1000, cancellationToken);

        var deleted = await pruner.Retention.DeleteAsync(page.Executions, cancellationToken);

        Assert.Contains(id, deleted);
        Assert.Null(await worker.Queries.FindByKeyAsync(key, cancellationToken));
    }

    /// <summary>Starts something for a subject as one user, and reads it, as for an archive, as another.</summary>
    public static async Task ReadSubjectAsync(
        Action<HydraBuilder> worker, Action<HydraBuilder> pruner, CancellationToken cancellationToken)
    {
        var ring = new KeyRing(EncryptionKey.Generate("k1"));
        await using var writing = await OpenAsync(worker);
        var input = Payload.Create("\"secret\""u8);
        var handle = await writing.Client.StartAsync("double", input, new() { Subject = "ada" }, cancellationToken);
        await using var reading = await OpenAsync(pruner);

        var details = await reading.Client.Execution(handle.Id).DescribeAsync(cancellationToken);

        Assert.Equal(input, details.Journal[0].Input);

        Task<HydraEngine> OpenAsync(Action<HydraBuilder> use) => HydraEngine.OpenAsync(
            builder =>
            {
                use(builder);
                builder.MigrateOnOpen = false;
                builder.Payloads.Encrypt(ring);
            },
            cancellationToken);
    }
}
