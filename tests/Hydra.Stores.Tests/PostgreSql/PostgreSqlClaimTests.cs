using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>What claims see of transactions that commit late.</summary>
public sealed class PostgreSqlClaimTests : IAsyncLifetime
{
    private static readonly SessionId Session = new(7);

    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private readonly MachineClock _clock = new();
    private readonly PostgreSqlWorkflowStore _store;

    public PostgreSqlClaimTests() => _store = new PostgreSqlWorkflowStore(
        null, PostgreSqlServer.ConnectionString, new PostgreSqlStoreOptions { Schema = _schema }, "tests", _clock);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _store.MigrateAsync(Token);
        await _store.OpenSessionAsync(
            new SessionRow
            {
                Id = Session,
                Worker = "worker",
                Build = "1",
                HeartbeatInterval = TimeSpan.FromMinutes(1),
                ClaimTimeout = TimeSpan.FromHours(1),
                Workflows = ["order"],
            },
            Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");
    }

    [Fact]
    public async Task What_commits_within_five_seconds_of_being_due_is_seen_by_every_claim()
    {
        await ClaimAsync(full: true);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await ClaimAsync(full: false);

        await InsertAsync(dueFor: TimeSpan.FromSeconds(4));

        Assert.Single(await ClaimAsync(full: false));
    }

    [Fact]
    public async Task What_commits_later_is_seen_by_a_full_claim()
    {
        await ClaimAsync(full: true);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await ClaimAsync(full: false);

        await InsertAsync(dueFor: TimeSpan.FromSeconds(40));

        Assert.Empty(await ClaimAsync(full: false));
        Assert.Single(await ClaimAsync(full: true));
    }

    [Fact]
    public async Task What_a_claim_had_no_room_for_is_seen_by_every_later_one()
    {
        await ClaimAsync(full: true);
        for (var i = 0; i < 5; i++)
        {
            await InsertAsync(dueFor: TimeSpan.Zero);
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(await ClaimAsync(full: false, limit: 1));
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(4, (await ClaimAsync(full: false)).Count);
    }

    [Fact]
    public async Task What_somebody_else_holds_for_a_minute_is_seen_when_it_is_free()
    {
        await ClaimAsync(full: true);
        await InsertAsync(dueFor: TimeSpan.Zero);
        await using (var other = await ConnectAsync())
        {
            await using var transaction = await other.BeginTransactionAsync(Token);
            await using var hold = new NpgsqlCommand(
                $"SELECT FROM {_schema}.executions FOR NO KEY UPDATE", other, transaction);
            await hold.ExecuteNonQueryAsync(Token);
            _clock.Advance(TimeSpan.FromMinutes(1));
            Assert.Empty(await ClaimAsync(full: false));
        }

        Assert.Single(await ClaimAsync(full: false));
    }

    [Fact]
    public async Task A_clock_that_was_ahead_for_a_while_hides_nothing_that_others_make_due()
    {
        await ClaimAsync(full: true);
        _clock.Set(TimeSpan.FromHours(1));
        await ClaimAsync(full: false);
        _clock.SetBack(TimeSpan.FromHours(1));

        await InsertAsync(dueFor: TimeSpan.Zero);
        var atOnce = await ClaimAsync(full: false);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await InsertAsync(dueFor: TimeSpan.Zero);
        var later = await ClaimAsync(full: false);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await InsertAsync(dueFor: TimeSpan.FromSeconds(90));
        var passedOver = await ClaimAsync(full: false);

        Assert.Single(atOnce);
        Assert.Single(later);
        Assert.Empty(passedOver); // Claims begin late again, as they should.
    }

    [Fact]
    public async Task A_clock_that_goes_back_between_two_claims_hides_nothing_that_others_make_due()
    {
        await ClaimAsync(full: true);
        _clock.SetBack(TimeSpan.FromSeconds(20));
        await InsertAsync(dueFor: TimeSpan.Zero);

        _clock.Advance(TimeSpan.FromSeconds(30)); // Which is past where it was.

        Assert.Single(await ClaimAsync(full: false));
    }

    private async Task<IReadOnlyList<ClaimedExecution>> ClaimAsync(bool full, int limit = 10)
    {
        var answer = await _store.ClaimAsync(
            new ClaimRequest { Session = Session, Workflows = ["order"], Limit = limit, Full = full }, Token);
        return answer.Executions;
    }

    /// <summary>Inserts a row as a transaction does that began some time ago; its id is of shard 0.</summary>
    private Task InsertAsync(TimeSpan dueFor)
    {
        var (id, dueAt) = (Guid.NewGuid().ToString()[..^2] + "00", Instant.From(_clock.GetUtcNow() - dueFor).Micros);
        return ExecuteAsync(
            $"""
            INSERT INTO {_schema}.executions (
              id, epoch, owner, due_at, created_at, retry_backoff, max_attempts, shard, state, priority, namespace,
              workflow, input_hash)
            VALUES ('{id}', 0, 0, {dueAt}, 0, 0, 1, 0, 0, 0, 'tests', 'order', '')
            """);
    }

    private static async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(PostgreSqlServer.ConnectionString);
        await connection.OpenAsync(Token);
        return connection;
    }

    private static async Task ExecuteAsync(string statement)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
