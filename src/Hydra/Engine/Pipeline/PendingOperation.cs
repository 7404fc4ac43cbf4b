using Hydra.Storage;

namespace Hydra.Engine.Pipeline;

/// <summary>An operation on its way through the pipeline, and who wants to hear what became of it.</summary>
internal abstract class PendingOperation(StoreOperation operation)
{
    public StoreOperation Operation { get; private set; } = operation;

    public int Size { get; private set; } = operation.Size;

    /// <summary>Whether nothing of it is secret, so that it is written for everybody to read.</summary>
    public virtual bool IsPlain => false;

    /// <summary>Gives it the form in which it is stored; once, before it is sent.</summary>
    public void Encode(RowCodec codec)
    {
        Operation = codec.Encode(Operation);
        Size = Operation.Size;
    }

    /// <summary>
    /// Whether nobody wants it any more: the activation behind it was dropped. It is not sent again, and not at all if
    /// it was not sent yet. Written by the owner, read by the writer.
    /// </summary>
    public virtual bool IsWithdrawn => false;

    /// <summary>Until when it is tried while the database is not to be had; null for as long as it takes.</summary>
    public virtual long? PatienceEnds => null;

    /// <summary>When it was first sent, which bounds how long it may be sent again.</summary>
    public long? FirstSent { get; set; }

    /// <summary>Whether it was once sent and never heard of: it stays so until the store answers.</summary>
    public bool InDoubt { get; set; }

    /// <summary>It is durable, or refused by the row's state. Called from the writer; must not block.</summary>
    public abstract void Answered(OperationAnswer answer);

    /// <summary>It is not durable, or nobody knows. Called from the writer; must not block.</summary>
    public abstract void Failed(StoreException error);
}
