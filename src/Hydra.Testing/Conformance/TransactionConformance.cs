using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Transactions;
using IsolationLevel = System.Data.IsolationLevel;

namespace Hydra.Testing;

/// <summary>Starts and cancellations within transactions of the database's users.</summary>
internal sealed class TransactionConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task A_start_is_there_from_the_commit_on()
    {
        await using var connection = await OpenAsync();
        var worker = await JoinAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var start = NewStart("order-1") with { Timeout = Hour };

        var answer = await WriteAsync(transaction, start);

        Assert.Equal((AnswerKind.Started, start.Id, false), (answer.Kind, answer.Id, answer.Owned));
        Assert.Null(await Queries.FindAsync(start.Id, Token));
        Assert.Empty(await worker.ClaimIdsAsync());

        await transaction.CommitAsync(Token);

        var claimed = await worker.ClaimOneAsync();
        Assert.Equal((start.Id, "order-1", Now, (Instant?)Now.Plus(Hour)),
            (claimed.Id, claimed.Key, claimed.CreatedAt, claimed.Deadline));
        var input = Assert.Single(await JournalAsync(start.Id));
        Assert.Equal((start.Input.Input, start.Input.Output, Now), (input.Input, input.Output, input.At));
    }

    [Case]
    public async Task Nothing_is_left_of_a_transaction_that_is_undone()
    {
        await using var connection = await OpenAsync();
        var start = NewStart("order-1");
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await WriteAsync(transaction, start);
            await transaction.RollbackAsync(Token);
        }

        await using (var abandoned = await connection.BeginTransactionAsync(Token))
        {
            await WriteAsync(abandoned, start);
        }

        Assert.Null(await Queries.FindAsync(start.Id, Token));
        Assert.Empty(await JournalAsync(start.Id));
        Assert.Equal(AnswerKind.Started, (await CommitAsync(NewStart("order-1", "2"))).Kind); // The key is free.
    }

    /// <summary>The user's own writes and the start are one.</summary>
    [Case(true)]
    [Case(false)]
    public async Task What_the_user_writes_and_the_start_happen_together(bool commits)
    {
        await using var connection = await OpenAsync();
        var table = $"orders_{Guid.NewGuid():N}";
        await ExecuteAsync(connection, null, $"CREATE TABLE {table} (number INT NOT NULL PRIMARY KEY)");
        try
        {
            var start = NewStart();
            await using (var transaction = await connection.BeginTransactionAsync(Token))
            {
                await ExecuteAsync(connection, transaction, $"INSERT INTO {table} (number) VALUES (1)");
                await WriteAsync(transaction, start);
                await ExecuteAsync(connection, transaction, $"INSERT INTO {table} (number) VALUES (2)");
                await (commits ? transaction.CommitAsync(Token) : transaction.RollbackAsync(Token));
            }

            Assert.Equal(commits ? 2 : 0, await CountAsync(connection, null, table));
            Assert.Equal(commits, await Queries.FindAsync(start.Id, Token) is not null);
        }
        finally
        {
            await ExecuteAsync(connection, null, $"DROP TABLE {table}");
        }
    }

    [Case]
    public async Task A_key_that_is_taken_answers_who_has_it()
    {
        var holder = await StartAsync(start => start with { Key = "order-1" });
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);

        var same = await WriteAsync(transaction, NewStart("order-1"));
        var other = await WriteAsync(transaction, NewStart("order-1", "2"));

        Assert.Equal((AnswerKind.Existing, holder), (same.Kind, same.Id));
        Assert.Equal((AnswerKind.Conflict, holder), (other.Kind, other.Id));
    }

    [Case]
    public async Task A_key_of_what_has_ended_answers_it_too()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Key = "order-1" });
        await worker.ApplyAsync(Make.Finish(row));
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);

        var same = await WriteAsync(transaction, NewStart("order-1"));
        var other = await WriteAsync(transaction, NewStart("order-1", "2"));

        Assert.Equal((AnswerKind.Existing, row.Id), (same.Kind, same.Id));
        Assert.Equal((AnswerKind.Conflict, row.Id), (other.Kind, other.Id));
    }

    [Case]
    public async Task A_key_taken_in_the_same_transaction_is_taken()
    {
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var first = await WriteAsync(transaction, NewStart("order-1"));

        var same = await WriteAsync(transaction, NewStart("order-1"));
        var both = await WriteAllAsync(transaction, NewStart("order-2"), NewStart("order-2"));
        await transaction.CommitAsync(Token);

        Assert.Equal((AnswerKind.Existing, first.Id), (same.Kind, same.Id));
        Assert.Equal([AnswerKind.Started, AnswerKind.Existing], both.Select(answer => answer.Kind));
        Assert.Equal(both[0].Id, both[1].Id);
        Assert.Equal(2, (await Queries.ListAsync(new ExecutionFilter { Limit = 10 }, Token)).Count);
    }

    [Case]
    public async Task Of_several_of_which_one_conflicts_none_is_written()
    {
        await StartAsync(start => start with { Key = "order-1" });
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var before = NewStart();
        await WriteAsync(transaction, before);
        var (free, keyed) = (NewStart(), NewStart("order-2"));

        var answers = await WriteAllAsync(transaction, free, NewStart("order-1", "2"), keyed);

        Assert.Equal(AnswerKind.Conflict, answers[1].Kind);
        await transaction.CommitAsync(Token);
        Assert.NotNull(await Queries.FindAsync(before.Id, Token));
        Assert.Null(await Queries.FindAsync(free.Id, Token));
        Assert.Null(await Queries.FindAsync(keyed.Id, Token));
        Assert.Empty(await JournalAsync(free.Id));
    }

    [Case]
    public async Task Many_are_started_at_once()
    {
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var starts = Enumerable.Range(0, 120).Select(i => NewStart(i % 2 == 0 ? $"order-{i}" : null)).ToArray();

        var answers = await WriteAllAsync(transaction, starts);
        await transaction.CommitAsync(Token);

        Assert.Equal(starts.Select(start => start.Id), answers.Select(answer => answer.Id));
        Assert.All(answers, answer => Assert.Equal(AnswerKind.Started, answer.Kind));
        Assert.Equal(120, (await Queries.ListAsync(new ExecutionFilter { Limit = 1_000 }, Token)).Count);
    }

    /// <summary>
    /// A transaction with a snapshot does not see who took the key after it began. It is told all the same, or it has
    /// to be repeated; it never starts a second one.
    /// </summary>
    [Case(IsolationLevel.ReadCommitted)]
    [Case(IsolationLevel.RepeatableRead)]
    [Case(IsolationLevel.Serializable)]
    public async Task A_key_taken_since_the_transaction_began_is_taken(IsolationLevel isolation)
    {
        SkipUnless(Harness.WritesSideBySide, "Nobody else can write meanwhile.");
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(isolation, Token);
        await ExecuteAsync(connection, transaction, "SELECT 1");
        Assert.Equal(AnswerKind.Started, (await WriteAsync(transaction, NewStart("before"))).Kind);
        var holder = NewStart("order-1");
        try
        {
            await CommitAsync(holder);
        }
        catch (StoreException exception) when (exception.Blocked && isolation == IsolationLevel.Serializable)
        {
            throw new CaseSkippedException("At this isolation level nobody else can write what was looked for.");
        }

        OperationAnswer? answer = null;
        try
        {
            answer = await WriteAsync(transaction, NewStart("order-1"));
        }
        catch (StoreException exception)
        {
            Assert.Equal(StoreErrorKind.RolledBack, exception.Kind);
        }

        Assert.True(answer is null || (answer.Value.Kind, answer.Value.Id) == (AnswerKind.Existing, holder.Id));
        await transaction.RollbackAsync(Token);
        await using var again = await connection.BeginTransactionAsync(isolation, Token);
        Assert.Equal(holder.Id, (await WriteAsync(again, NewStart("order-1"))).Id);
    }

    /// <summary>What is open keeps nobody but those who want the same from writing.</summary>
    [Case(IsolationLevel.ReadCommitted)]
    [Case(IsolationLevel.RepeatableRead)]
    [Case(IsolationLevel.Serializable)]
    public async Task An_open_transaction_keeps_no_other_start_waiting(IsolationLevel isolation)
    {
        SkipUnless(Harness.WritesSideBySide, "Nobody else can write meanwhile.");
        var worker = await JoinAsync();
        var (touched, running) = (await StartClaimedAsync(worker), await StartClaimedAsync(worker));
        var taken = await StartAsync(start => start with { Key = "order-0" });
        var holder = await worker.ClaimOneAsync();
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(isolation, Token);
        await WriteAllAsync(transaction, NewStart("order-1"), NewStart());
        Assert.Equal(taken, (await WriteAsync(transaction, NewStart("order-0"))).Id);
        Assert.Equal(AnswerKind.Existing, (await WriteAsync(transaction, NewStart("order-1"))).Kind);
        await WriteAsync(transaction, Make.Cancel(touched.Id));
        Assert.Equal(AnswerKind.NotFound, (await WriteAsync(transaction, Make.Cancel(NewId()))).Kind);

        for (var i = 0; i < 300; i++) // Of every shard some.
        {
            Assert.Equal(AnswerKind.Started, (await CommitAsync(NewStart(i % 3 == 0 ? $"other-{i}" : null))).Kind);
        }

        await worker.ApplyAsync(Make.Finish(running));
        await worker.ApplyAsync(Make.Finish(holder));
        await transaction.CommitAsync(Token);
        Assert.Equal(303, (await worker.ClaimIdsAsync(request => request with { Limit = 1_000 })).Count() + 1);
    }

    [Case]
    public async Task A_cancellation_takes_effect_with_the_commit()
    {
        var worker = await JoinAsync();
        var running = await StartClaimedAsync(worker);
        var sleeping = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Sleep(sleeping, Now.Plus(Hour)));
        var retried = await StartClaimedAsync(worker);
        var failed = Make.Entry(retried, 2, EntryKind.AttemptFailed);
        await worker.ApplyAsync(Make.Retry(retried, Minute, Make.Step(retried, 1), failed));
        var pending = await StartAsync();
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);

        var answers = await WriteAllAsync(
            transaction,
            Make.Cancel(running.Id), Make.Cancel(sleeping.Id), Make.Cancel(retried.Id), Make.Cancel(pending));

        Assert.Equal(
            [AnswerKind.Requested, AnswerKind.Requested, AnswerKind.Ended, AnswerKind.Ended],
            answers.Select(answer => answer.Kind));
        Assert.Equal(ExecutionState.Pending, (await RowAsync(pending)).State);
        Assert.Equal(0, (await RowAsync(sleeping.Id)).Mail);

        await transaction.CommitAsync(Token);

        Assert.Equal(ExecutionState.Cancelled, (await RowAsync(pending)).State);
        var (ended, told) = (await RowAsync(retried.Id), await RowAsync(running.Id));
        Assert.Equal((ExecutionState.Cancelled, 3L), (ended.State, ended.LastSeq));
        Assert.Equal(EntryKind.Terminal, (await JournalAsync(retried.Id))[^1].Kind);
        Assert.Equal((1L, ExecutionRequests.Cancel), (told.Mail, told.Requests));
        Assert.Contains(sleeping.Id, await worker.ClaimIdsAsync());
    }

    [Case]
    public async Task What_the_transaction_has_cancelled_has_ended_for_it()
    {
        var pending = await StartAsync();
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);

        Assert.Equal(AnswerKind.Ended, (await WriteAsync(transaction, Make.Cancel(pending))).Kind);
        Assert.Equal(AnswerKind.AlreadyEnded, (await WriteAsync(transaction, Make.Cancel(pending))).Kind);
        await transaction.CommitAsync(Token);

        Assert.Equal(2, (await JournalAsync(pending)).Count);
    }

    /// <summary>Behind a snapshot, too: it is cancelled, or the transaction has to be repeated.</summary>
    [Case(IsolationLevel.ReadCommitted)]
    [Case(IsolationLevel.RepeatableRead)]
    public async Task What_was_started_since_the_transaction_began_is_not_unknown(IsolationLevel isolation)
    {
        SkipUnless(Harness.WritesSideBySide, "Nobody else can write meanwhile.");
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(isolation, Token);
        await WriteAsync(transaction, NewStart());
        var pending = await StartAsync();
        try
        {
            Assert.Equal(AnswerKind.Ended, (await WriteAsync(transaction, Make.Cancel(pending))).Kind);
        }
        catch (StoreException exception)
        {
            Assert.Equal(StoreErrorKind.RolledBack, exception.Kind);
        }

        await transaction.CommitAsync(Token);
    }

    [Case]
    public async Task Nothing_is_left_of_a_cancellation_that_is_undone()
    {
        var pending = await StartAsync();
        var before = await DumpAsync(pending);
        await using var connection = await OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            Assert.Equal(AnswerKind.Ended, (await WriteAsync(transaction, Make.Cancel(pending))).Kind);
            await transaction.RollbackAsync(Token);
        }

        Assert.Equal(before, await DumpAsync(pending));
    }

    [Case]
    public async Task A_cancellation_answers_what_it_finds()
    {
        var worker = await JoinAsync();
        var ended = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Finish(ended));
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var own = (await WriteAsync(transaction, NewStart())).Id;

        var answers = await WriteAllAsync(
            transaction, Make.Cancel(ended.Id), Make.Cancel(NewId()), Make.Cancel(own));
        await transaction.CommitAsync(Token);

        Assert.Equal(
            [AnswerKind.AlreadyEnded, AnswerKind.NotFound, AnswerKind.Ended], answers.Select(answer => answer.Kind));
        Assert.Equal(ExecutionState.Cancelled, (await RowAsync(own)).State);
        Assert.Equal(ExecutionState.Completed, (await RowAsync(ended.Id)).State);
    }

    [Case]
    public async Task The_commit_wakes_others()
    {
        SkipUnless(Store.Capabilities.NoticesChanges, "This store does not notice the commits of others.");
        await using var connection = await OpenAsync();
        var wait = Store.WaitForChangeAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await WriteAsync(transaction, NewStart());
        await transaction.CommitAsync(Token);

        for (var i = 0; i < 1_000 && !wait.IsCompleted; i++)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(wait, wait.WaitAsync(TimeSpan.FromMilliseconds(30), Token));
        }

        Assert.True(wait.IsCompletedSuccessfully);
    }

    [Case]
    public async Task A_transaction_that_has_ended_is_refused()
    {
        await using var connection = await OpenAsync();
        var transaction = await connection.BeginTransactionAsync(Token);
        await transaction.CommitAsync(Token);

        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(transaction, NewStart()));
    }

    [Case]
    public async Task A_transaction_of_another_database_is_refused_and_goes_on()
    {
        await using var connection = await OpenAsync();
        await using var other = Harness.CreateAnother();
        other.Clock.Advance(Second); // Two databases are told apart by when they got their tables.
        await other.OpenAsync();
        await using var elsewhere = await other.OpenConnectionAsync();
        Assert.NotNull(elsewhere);
        await using var transaction = await elsewhere.BeginTransactionAsync(Token);

        if (!SharesItsDatabase(connection, elsewhere))
        {
            var refused = await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(transaction, NewStart()));
            Assert.Contains("not where the engine keeps", refused.Message, StringComparison.Ordinal);
        }

        await ExecuteAsync(elsewhere, transaction, "SELECT 1");
        await transaction.CommitAsync(Token);
    }

    [Case]
    public async Task What_belongs_to_a_worker_is_refused()
    {
        await using var connection = await OpenAsync();
        var worker = await JoinAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);

        await AssertDeterministicAsync(() => WriteAsync(transaction, NewStart() with { Owner = worker.Session }));
        await AssertDeterministicAsync(() => WriteAsync(transaction, Make.Terminate(NewId())));
        await AssertDeterministicAsync(() => WriteAsync(transaction, NewStart() with { Workflow = "" }));
        Assert.Equal(AnswerKind.Started, (await WriteAsync(transaction, NewStart())).Kind); // It goes on.
        await transaction.CommitAsync(Token);
    }

    /// <summary>A scope of System.Transactions, whose transaction is none of the driver's.</summary>
    [Case(true)]
    [Case(false)]
    public async Task What_is_written_within_a_scope_happens_when_that_is_complete(bool completes)
    {
        var pending = await StartAsync();
        await using var connection = await OpenAsync();
        var start = NewStart("order-1");
        using (var scope = NewScope())
        {
            var transaction = Join(connection);
            Assert.Equal(AnswerKind.Started, (await WriteAsync(transaction, start)).Kind);
            Assert.Equal(AnswerKind.Ended, (await WriteAsync(transaction, Make.Cancel(pending))).Kind);
            Assert.Null(await Queries.FindAsync(start.Id, Token));
            Assert.Equal(ExecutionState.Pending, (await RowAsync(pending)).State);
            if (completes)
            {
                scope.Complete();
            }
        }

        Assert.Equal(completes, await Queries.FindAsync(start.Id, Token) is not null);
        Assert.Equal(
            completes ? ExecutionState.Cancelled : ExecutionState.Pending, (await RowAsync(pending)).State);
        Assert.Equal(
            completes ? AnswerKind.Existing : AnswerKind.Started, (await CommitAsync(NewStart("order-1"))).Kind);
    }

    [Case]
    public async Task A_conflict_within_a_scope_leaves_nothing_of_the_call_and_the_scope_goes_on()
    {
        var holder = await StartAsync(start => start with { Key = "order-1" });
        await using var connection = await OpenAsync();
        var (before, free, after) = (NewStart(), NewStart("order-2"), NewStart("order-2", "2"));
        using (var scope = NewScope())
        {
            var transaction = Join(connection);
            await WriteAsync(transaction, before);

            var answers = await WriteAllAsync(transaction, free, NewStart("order-1", "2"));

            Assert.Equal((AnswerKind.Conflict, holder), (answers[1].Kind, answers[1].Id));
            Assert.Equal(AnswerKind.Started, (await WriteAsync(transaction, after)).Kind);
            scope.Complete();
        }

        Assert.NotNull(await Queries.FindAsync(before.Id, Token));
        Assert.Null(await Queries.FindAsync(free.Id, Token));
        Assert.NotNull(await Queries.FindAsync(after.Id, Token));
    }

    /// <summary>What came after it would be committed statement by statement.</summary>
    [Case(true)]
    [Case(false)]
    public async Task A_scope_that_has_ended_is_refused(bool completes)
    {
        await using var connection = await OpenAsync();
        AmbientTransaction transaction;
        using (var scope = NewScope())
        {
            transaction = Join(connection);
            if (completes)
            {
                scope.Complete();
            }
        }

        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(transaction, NewStart()));
        Assert.Empty(await Queries.ListAsync(new ExecutionFilter { Limit = 10 }, Token));
    }

    private static TransactionScope NewScope() => new(
        TransactionScopeOption.Required,
        new System.Transactions.TransactionOptions
        {
            IsolationLevel = System.Transactions.IsolationLevel.ReadCommitted,
        },
        TransactionScopeAsyncFlowOption.Enabled);

    private static AmbientTransaction Join(DbConnection connection)
    {
        try
        {
            return AmbientTransaction.Join(connection, Transaction.Current!);
        }
        catch (NotSupportedException)
        {
            throw new CaseSkippedException("The driver knows no ambient transactions.");
        }
    }

    private static bool SharesItsDatabase(DbConnection one, DbConnection other) =>
        (one.DataSource, one.Database) == (other.DataSource, other.Database);

    private async Task<DbConnection> OpenAsync()
    {
        if (Store.Transactions is null || await Harness.OpenConnectionAsync() is not { } connection)
        {
            throw new CaseSkippedException("This store writes within no transactions of others.");
        }

        return connection;
    }

    private async Task<OperationAnswer> WriteAsync(DbTransaction transaction, StoreOperation operation) =>
        Assert.Single(await WriteAllAsync(transaction, operation));

    private Task<IReadOnlyList<OperationAnswer>> WriteAllAsync(
        DbTransaction transaction, params StoreOperation[] operations) =>
        Store.Transactions!.WriteAsync(transaction, operations, Token);

    private static async Task ExecuteAsync(DbConnection connection, DbTransaction? transaction, string statement)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.Transaction = transaction;
        await command.ExecuteNonQueryAsync(Token);
    }

    private static async Task<int> CountAsync(DbConnection connection, DbTransaction? transaction, string table)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {table}";
        command.Transaction = transaction;
        return Convert.ToInt32(await command.ExecuteScalarAsync(Token), CultureInfo.InvariantCulture);
    }
}
