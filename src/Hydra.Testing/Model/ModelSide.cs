namespace Hydra.Testing;

/// <summary>One kind of store in a random sequence: a store for each of its processes, on one database.</summary>
/// <remarks>Sessions are spread over the processes, so that what one writes another reads.</remarks>
internal sealed class ModelSide
{
    private readonly List<IWorkflowStore> _processes;
    private readonly Func<Task<IWorkflowStore>>? _open;

    private ModelSide(List<IWorkflowStore> processes, Func<Task<IWorkflowStore>>? open) =>
        (_processes, _open) = (processes, open);

    /// <summary>The store of the first process.</summary>
    public IWorkflowStore Store => _processes[0];

    /// <summary>Two processes on the database of a harness, or one where there cannot be more.</summary>
    /// <param name="harness">Opens them.</param>
    /// <param name="around">Puts something around each, if that is wanted.</param>
    public static async Task<ModelSide> OpenAsync(
        StoreHarness harness, Func<IWorkflowStore, IWorkflowStore>? around = null)
    {
        async Task<IWorkflowStore> OpenStoreAsync()
        {
            var store = await harness.OpenAsync(cancellationToken: CaseContext.Token);
            return around?.Invoke(store) ?? store;
        }

        var first = await OpenStoreAsync();
        return first.Capabilities.ManyProcesses
            ? new ModelSide([first, await OpenStoreAsync()], OpenStoreAsync)
            : Of(first);
    }

    /// <summary>One process that never ends.</summary>
    public static ModelSide Of(IWorkflowStore store) => new([store], open: null);

    /// <summary>The reference: the store in memory, where results land too.</summary>
    public static ModelSide InMemory(TimeProvider time) =>
        Of(new LandingStore(new InMemoryWorkflowStore("tests", time), new Landings()));

    public IWorkflowStore Of(ModelSession session) => _processes[session.Index % _processes.Count];

    public async Task ReopenAsync(ModelSession session)
    {
        if (_open is not null)
        {
            await Of(session).DisposeAsync();
            _processes[session.Index % _processes.Count] = await _open();
        }
    }
}
