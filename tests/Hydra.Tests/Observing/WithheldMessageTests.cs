using System.Data.Common;
using Hydra.Engine;
using Hydra.Storage;
using Hydra.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Hydra.Tests.Observing;

/// <summary>
/// What code of users throws where it is the outcome of no step and no attempt: the log has its type and where it was
/// thrown, and never its message, which may hold anything.
/// </summary>
public sealed class WithheldMessageTests : IAsyncDisposable
{
    private const string Canary = "canary-4712";

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly World _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task What_a_callback_on_the_workflows_token_throws()
    {
        var handle = await _world.StartAsync(
            async (WorkflowContext context, string card) =>
            {
                context.CancellationToken.Register(() => Fail(card));
                await context.SleepAsync(Day);
                return card;
            },
            Canary);
        await _world.RestAsync();
        await handle.CancelAsync();
        await _world.RestAsync();

        AssertTold(26);
    }

    [Fact]
    public async Task What_services_throw_that_are_disposed_of()
    {
        var services = new ServiceCollection().AddScoped<Service>();
        await using var provider = services.BuildServiceProvider();
        var client = await _world.OpenAsync(hydra =>
        {
            hydra.Services = provider;
            hydra.AddWorkflow(scope => new Plain(scope.GetRequiredService<Service>()));
        });
        var handle = await client.Workflow<Plain>().StartAsync(5);
        Assert.Equal(5, await _world.Until(handle.ResultAsync()));
        await _world.RestAsync();

        AssertTold(53);
    }

    [Fact]
    public async Task What_a_transaction_and_the_services_of_its_step_throw_that_are_disposed_of()
    {
        var services = new ServiceCollection().AddScoped<Service>();
        await using var provider = services.BuildServiceProvider();
        var store = new LandingStore(_world.Database);
        var handle = await _world.StartAsync(
            (WorkflowContext context, int number) => context.TransactionAsync(
                "write",
                number,
                async (scope, token) => new Undisposable(
                    await store.BeginAsync(default, token), scope.GetRequiredService<Service>()),
                static (_, value, _) => Task.FromResult(value)),
            5,
            configure: hydra =>
            {
                hydra.Services = provider;
                hydra.UseStore(_ => store);
            });
        Assert.Equal(5, await _world.Until(handle.ResultAsync()));

        AssertTold(53);
        Assert.Equal(2, _world.Log.Lines.Count(static line => line.Contains(" 53:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_an_archive_throws(bool isOfOneExecution)
    {
        var archive = new Archive(
            () => isOfOneExecution ? new PayloadException(Canary) : new InvalidOperationException(Canary));
        var handle = await _world.StartAsync(
            static (WorkflowContext context, int number) => Task.FromResult(number),
            5,
            configure: hydra => hydra.Retention.Keep(completed: Day).ArchiveTo(archive));
        await _world.Until(handle.WaitAsync());
        await _world.PassAsync(2 * Day);

        AssertTold(isOfOneExecution ? 47 : 12);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_store_of_keys_throws(bool isOfAStore)
    {
        var keys = new Keys(() => isOfAStore
            ? new StoreException(StoreErrorKind.NotSent, Canary, new ArgumentException(Canary))
            : new InvalidOperationException(Canary));
        var client = await _world.OpenAsync(
            async (WorkflowContext context, int number) =>
            {
                await context.SleepAsync(Day);
                return number;
            },
            configure: hydra => hydra.Payloads
                .Encrypt(new KeyRing(new EncryptionKey("ring", new byte[EncryptionKey.Length])))
                .SubjectKeys(keys));
        await client.Workflow<int, int>("test").StartAsync(5, new() { Subject = "ada" });
        await client.Workflow<int, int>("test").StartAsync(5, new() { Subject = "bob" });
        await _world.RestAsync();
        keys.Breaks = true;
        await _world.PassAsync(Day + TimeSpan.FromMinutes(1));

        AssertTold(12);
    }

    [Fact]
    public void A_withheld_exception_keeps_what_the_engine_itself_has_said()
    {
        var thrown = Assert.ThrowsAny<Exception>(static () => Fail(Canary));
        WithheldMessages.Withhold(thrown);
        var outer = new StoreException(StoreErrorKind.NotSent, "The keys cannot be read.", thrown);

        var told = WithheldMessages.Loggable(outer)!.ToString();

        Assert.Contains("The keys cannot be read.", told, StringComparison.Ordinal);
        Assert.Contains("System.InvalidOperationException", told, StringComparison.Ordinal);
        Assert.Contains(nameof(Fail), told, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, told, StringComparison.Ordinal);
        var plain = new StoreException(StoreErrorKind.NotSent, "No connection.", new TimeoutException("10 s"));
        Assert.Same(plain, WithheldMessages.Loggable(plain));
    }

    private void AssertTold(int id)
    {
        var log = _world.Log.ToString();
        Assert.Contains($" {id}:", log, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, log, StringComparison.Ordinal);
        Assert.Contains(
            _world.Log.Lines,
            line => line.Contains($" {id}:", StringComparison.Ordinal)
                && line.Contains("Exception", StringComparison.Ordinal)
                && line.Contains("   at ", StringComparison.Ordinal));
    }

    private static void Fail(string text) =>
        throw new InvalidOperationException($"with {text}", new ArgumentException(text));

    public sealed class Service : IDisposable
    {
        public void Dispose() => Fail(Canary);
    }

    public sealed class Plain(Service service) : IWorkflow<int, int>
    {
        public Task<int> RunAsync(WorkflowContext context, int input) => Task.FromResult(service is null ? 0 : input);
    }

    private sealed class Undisposable(StepTransaction inner, Service service) : StepTransaction
    {
        public Service Service => service;

        public override DbTransaction Transaction => inner.Transaction;

        public override Task CommitAsync(CancellationToken cancellationToken) => inner.CommitAsync(cancellationToken);

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            Fail(Canary);
        }
    }

    private sealed class Archive(Func<Exception> error) : IExecutionArchive
    {
        public Task AppendAsync(ExecutionDetails execution, CancellationToken cancellationToken) => throw error();

        public Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Keys(Func<Exception> error) : ISubjectKeyStore
    {
        private readonly Dictionary<string, SubjectKeyRow> _keys = [];

        public bool Breaks { get; set; }

        public Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken) =>
            Breaks ? throw error() : Task.FromResult(_keys.GetValueOrDefault(id));

        public Task<SubjectKeyRow> AddAsync(string id, string wrapped, CancellationToken cancellationToken) =>
            Task.FromResult(_keys[id] = new SubjectKeyRow(id, wrapped));

        public Task<IReadOnlyList<SubjectKeyRow>> ListAsync(
            string? afterId, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> ReplaceAsync(
            string id, string expected, string wrapped, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<bool> DestroyAsync(string id, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
