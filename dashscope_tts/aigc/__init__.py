"""Official import path of ``MultiModalConversation``, of which this package has the speech."""

from .multimodal_conversation import MultiModalConversation

__all__ = ["MultiModalConversation"]
