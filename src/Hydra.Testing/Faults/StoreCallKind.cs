namespace Hydra.Testing;

/// <summary>A method of a store or of its queries.</summary>
public enum StoreCallKind
{
    /// <summary><see cref="IWorkflowStore.MigrateAsync"/>.</summary>
    Migrate,

    /// <summary><see cref="IWorkflowStore.VerifyAsync"/>.</summary>
    Verify,

    /// <summary><see cref="IWorkflowStore.OpenSessionAsync"/>.</summary>
    OpenSession,

    /// <summary><see cref="IWorkflowStore.HeartbeatAsync"/>.</summary>
    Heartbeat,

    /// <summary><see cref="IWorkflowStore.CloseSessionAsync"/>.</summary>
    CloseSession,

    /// <summary><see cref="IWorkflowStore.ClaimAsync"/>.</summary>
    Claim,

    /// <summary><see cref="IWorkflowStore.CommitAsync"/>.</summary>
    Commit,

    /// <summary><see cref="IWorkflowStore.MaintainAsync"/>.</summary>
    Maintain,

    /// <summary><see cref="IWorkflowStore.WaitForChangeAsync"/>.</summary>
    WaitForChange,

    /// <summary>Any method of <see cref="IWorkflowQueries"/>.</summary>
    Query,
}
